// SPDX-License-Identifier: Apache-2.0
#include "http/range.hh"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/text.hh"
#include "http/field.hh"

namespace bramble::http {
namespace {

constexpr RangeChoice kWhole;
constexpr RangeChoice kUnsatisfiable{.kind = RangeChoice::Kind::kUnsatisfiable};

RangeChoice part(std::uint64_t first, std::uint64_t bytes) {
  return {.kind = RangeChoice::Kind::kPart, .first = first, .bytes = bytes};
}

// Digits alone; a number too large for us is as large as there can be.
std::optional<std::uint64_t> position(std::string_view text) {
  const bool digits =
      !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits) return std::nullopt;
  return parse_number(text).value_or(std::numeric_limits<std::uint64_t>::max());
}

RangeChoice suffix(std::string_view text, std::uint64_t size) {
  const std::optional<std::uint64_t> wanted = position(text);
  if (!wanted) return kWhole;
  if (*wanted == 0) return kUnsatisfiable;
  if (size == 0) return kWhole;  // satisfiable, but no Content-Range could tell it
  const std::uint64_t bytes = std::min(*wanted, size);
  return part(size - bytes, bytes);
}

}  // namespace

RangeChoice choose_range(std::string_view value, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!equals_lower(value.substr(0, kUnit.size()), kUnit)) return kWhole;
  const std::string_view spec = trim(value.substr(kUnit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return kWhole;
  if (dash == 0) return suffix(spec.substr(1), size);

  const std::optional<std::uint64_t> first = position(spec.substr(0, dash));
  const std::string_view behind = spec.substr(dash + 1);
  const std::optional<std::uint64_t> last =
      behind.empty() ? std::numeric_limits<std::uint64_t>::max() : position(behind);
  if (!first || !last || *last < *first) return kWhole;
  if (*first >= size) return kUnsatisfiable;
  return part(*first, std::min(*last, size - 1) - *first + 1);
}

}  // namespace bramble::http
