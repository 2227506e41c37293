// SPDX-License-Identifier: Apache-2.0
#include "balance/remainder.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "base/result.hh"
#include "http/date.hh"
#include "http/range.hh"

namespace bramble::balance {
namespace {

using http::ContentRange;
using http::FieldName;

// "" where there is none. Nothing where there are several: who knows which one holds.
std::optional<std::string_view> only(const http::ResponseHead& head, FieldName name) {
  std::optional<std::string_view> value;
  for (const http::Field& field : head.fields()) {
    if (field.id != name) continue;
    if (value) return std::nullopt;
    value = field.value;
  }
  return value.value_or(std::string_view());
}

// All lines of that name as one, in lower case; "" where there are none.
std::string joined(const http::ResponseHead& head, std::string_view name) {
  std::string all;
  for (const http::Field& field : head.fields()) {
    if (!http::equals_lower(field.name, name)) continue;
    if (!all.empty()) all += ", ";
    for (const char c : field.value) all += http::to_lower(c);
  }
  return all;
}

bool contradicts(std::string_view known, std::string_view told) {
  return !known.empty() && !told.empty() && known != told;
}

bool is_strong(std::string_view etag) {
  return etag.size() >= 2 && etag.front() == '"' && etag.find('"', 1) == etag.size() - 1;
}

bool refuses_ranges(const http::ResponseHead& head) {
  const http::Field* const accepts = head.find(FieldName::kAcceptRanges);
  return accepts != nullptr && http::equals_lower(accepts->value, "none");
}

bool has_settled(const http::ResponseHead& head, std::chrono::seconds settle) {
  const http::Field* const modified = head.find(FieldName::kLastModified);
  const http::Field* const date = head.find(FieldName::kDate);
  if (modified == nullptr || date == nullptr) return true;
  const auto then = http::parse_date(modified->value, 0);
  const auto now = http::parse_date(date->value, 0);
  return !then || !now || *now - *then >= settle.count();
}

// The bytes that the answer says it is.
std::optional<ContentRange> range_of(const http::ResponseHead& head) {
  if (!head.length || *head.length == 0 || head.chunked) return std::nullopt;
  if (head.status == 200)
    return ContentRange{.first = 0, .last = *head.length - 1, .total = *head.length};
  if (head.status != 206) return std::nullopt;
  const std::optional<ContentRange> range =
      http::parse_content_range(only(head, FieldName::kContentRange).value_or(""));
  if (!range || range->last - range->first + 1 != *head.length) return std::nullopt;
  return range;
}

// Lines that say which bytes of it, or on what condition.
bool chooses_bytes(std::string_view line) {
  static constexpr std::array kNames = {
      "range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"};
  const std::string_view name = line.substr(0, line.find(':'));
  return std::ranges::any_of(kNames,
                             [&](const char* known) { return http::equals_lower(name, known); });
}

}  // namespace

bool Remainder::take(const http::ResponseHead& head, std::chrono::seconds settle) {
  known_ = false;
  const auto etag = only(head, FieldName::kEtag);
  const auto coding = only(head, FieldName::kContentEncoding);
  if (!etag || !is_strong(*etag) || !coding || refuses_ranges(head) || !has_settled(head, settle))
    return false;
  const std::optional<ContentRange> range = range_of(head);
  if (!range) return false;
  etag_.assign(*etag);
  coding_.assign(*coding);
  vary_ = joined(head, "vary");
  type_ = joined(head, "content-type");
  language_ = joined(head, "content-language");
  first_ = range->first;
  last_ = range->last;
  total_ = range->total;
  return known_ = true;
}

bool Remainder::is_part(const http::ResponseHead& head, std::uint64_t begin,
                        std::uint64_t end) const {
  if (!known_ || head.status != 206 || only(head, FieldName::kEtag) != etag_) return false;
  if (only(head, FieldName::kContentEncoding) != coding_) return false;
  if (joined(head, "vary") != vary_ || contradicts(type_, joined(head, "content-type")) ||
      contradicts(language_, joined(head, "content-language")))
    return false;
  const std::optional<ContentRange> range = range_of(head);
  return range && range->first == first_ + begin && range->last == first_ + end - 1 &&
         range->total == total_;
}

void Remainder::ask_for_part(std::string& request_head, std::uint64_t begin,
                             std::uint64_t end) const {
  std::string asked;
  asked.reserve(request_head.size() + 128);
  for (std::string_view left = request_head; !left.starts_with("\r\n");) {
    const std::size_t line = left.find("\r\n") + 2;
    BRAMBLE_CHECK(line > 2 && line <= left.size());
    if (!chooses_bytes(left.substr(0, line))) asked += left.substr(0, line);
    left.remove_prefix(line);
  }
  fmt::format_to(std::back_inserter(asked),
                 "Range: bytes={}-{}\r\nIf-Match: {}\r\nIf-Range: {}\r\n\r\n", first_ + begin,
                 first_ + end - 1, etag_, etag_);
  request_head = std::move(asked);
}

}  // namespace bramble::balance
