// SPDX-License-Identifier: Apache-2.0
#include "http/range.hh"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/text.hh"
#include "http/field.hh"

namespace bramble::http {
namespace {

constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

RangeChoice whole() { return {}; }
RangeChoice unsatisfiable() { return {.kind = RangeChoice::Kind::kUnsatisfiable, .parts = {}}; }

// Digits alone; a number too large for us is as large as there can be.
std::optional<std::uint64_t> position(std::string_view text) {
  const bool digits =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits) return std::nullopt;
  return parse_number(text).value_or(kEndless);
}

// Both ends included; last may be far behind the end. A suffix counts from the end.
struct Spec {
  bool suffix = false;
  std::uint64_t first = 0;  // of a suffix: how many bytes
  std::uint64_t last = kEndless;
};

std::optional<Spec> parse_spec(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(dash + 1);
  if (dash == 0) {
    const std::optional<std::uint64_t> wanted = position(behind);
    if (!wanted) return std::nullopt;
    return Spec{.suffix = true, .first = *wanted};
  }
  const std::optional<std::uint64_t> first = position(text.substr(0, dash));
  const std::optional<std::uint64_t> last = behind.empty() ? kEndless : position(behind);
  if (!first || !last || *last < *first) return std::nullopt;
  return Spec{.first = *first, .last = *last};
}

// Nothing where it cannot be satisfied.
std::optional<RangePart> part_of(const Spec& spec, std::uint64_t size) {
  if (spec.suffix) {
    const std::uint64_t bytes = std::min(spec.first, size);
    if (bytes == 0) return std::nullopt;
    return RangePart{.first = size - bytes, .bytes = bytes};
  }
  if (spec.first >= size) return std::nullopt;
  return RangePart{.first = spec.first, .bytes = std::min(spec.last, size - 1) - spec.first + 1};
}

bool near_each_other(const RangePart& a, const RangePart& b) {
  const std::uint64_t gap_begins = std::min(a.first + a.bytes, b.first + b.bytes);
  const std::uint64_t gap_ends = std::max(a.first, b.first);
  return gap_ends <= gap_begins || gap_ends - gap_begins <= kPartHeadBytes;
}

RangePart joined(const RangePart& a, const RangePart& b) {
  const std::uint64_t first = std::min(a.first, b.first);
  return {.first = first, .bytes = std::max(a.first + a.bytes, b.first + b.bytes) - first};
}

// A part that grew may now be near to another one: so until it is near to none.
void add(std::vector<RangePart>& parts, RangePart part) {
  std::size_t place = parts.size();
  for (;;) {
    const auto near = std::find_if(parts.begin(), parts.end(), [&](const RangePart& other) {
      return near_each_other(part, other);
    });
    if (near == parts.end()) break;
    part = joined(part, *near);
    place = std::min(place, static_cast<std::size_t>(near - parts.begin()));
    parts.erase(near);
  }
  place = std::min(place, parts.size());
  parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(place), part);
}

// Whether several parts take more bytes than the whole would.
bool no_gain(const std::vector<RangePart>& parts, std::uint64_t size) {
  if (parts.size() < 2) return false;
  std::uint64_t bytes = kPartHeadBytes;
  for (const RangePart& part : parts) bytes += part.bytes + kPartHeadBytes;
  return bytes >= size;
}

}  // namespace

RangeChoice choose_ranges(std::string_view value, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (size == 0 || !equals_lower(value.substr(0, kUnit.size()), kUnit)) return whole();
  std::string_view list = value.substr(kUnit.size());
  RangeChoice choice{.kind = RangeChoice::Kind::kParts, .parts = {}};
  std::size_t specs = 0;
  for (std::string_view text = take_element(list); !text.empty(); text = take_element(list)) {
    const std::optional<Spec> spec = parse_spec(text);
    if (!spec || ++specs > kRangesMax) return whole();
    if (const std::optional<RangePart> part = part_of(*spec, size)) add(choice.parts, *part);
  }
  if (specs == 0 || no_gain(choice.parts, size)) return whole();
  return choice.parts.empty() ? unsatisfiable() : choice;
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
  constexpr std::string_view kUnit = "bytes ";
  if (value.size() < kUnit.size() || !equals_lower(value.substr(0, kUnit.size()), kUnit))
    return std::nullopt;
  value.remove_prefix(kUnit.size());
  const std::size_t dash = value.find('-');
  const std::size_t slash = value.find('/');
  if (dash == value.npos || slash == value.npos || slash < dash) return std::nullopt;
  const auto first = parse_number(value.substr(0, dash));
  const auto last = parse_number(value.substr(dash + 1, slash - dash - 1));
  const auto total = parse_number(value.substr(slash + 1));
  if (!first || !last || !total || *first > *last || *last >= *total) return std::nullopt;
  return ContentRange{.first = *first, .last = *last, .total = *total};
}

}  // namespace bramble::http
