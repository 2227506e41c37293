// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.hh"

#include <algorithm>

#include "base/text.hh"
#include "http/field_lines.hh"
#include "http/framing_fields.hh"
#include "http/scan.hh"

namespace bramble::http {
namespace {

using Outcome = HeadParse::Outcome;

constexpr std::size_t kPrefixBytes = 12;  // "HTTP/1.1 200"

HeadFault parse_prefix(std::string_view text, ResponseHead& head) {
  constexpr std::string_view kShape = "HTTP/d.d ddd";
  for (std::size_t i = 0; i < std::min(text.size(), kPrefixBytes); ++i)
    if (kShape[i] == 'd' ? !is_digit(text[i]) : text[i] != kShape[i]) return HeadFault::kStartLine;
  if (text.size() < kPrefixBytes) return HeadFault::kNone;
  if (text[5] != '1' || text[7] > '1') return HeadFault::kVersion;
  head.minor_version = static_cast<std::uint8_t>(text[7] - '0');
  head.status = (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
  return head.status >= 100 && head.status < 600 ? HeadFault::kNone : HeadFault::kStartLine;
}

// VERSION SP STATUS SP REASON CR LF. The blank before an empty reason is often left out, and no two
// readers see that differently.
HeadParse parse_status_line(std::string_view text, ResponseHead& head) {
  if (const HeadFault fault = parse_prefix(text, head); fault != HeadFault::kNone)
    return HeadParse::bad(fault);
  if (text.size() <= kPrefixBytes) return {};
  std::size_t begin = kPrefixBytes;
  if (text[begin] == ' ')
    ++begin;
  else if (text[begin] != '\r')
    return HeadParse::bad(text[begin] == '\n' ? HeadFault::kLineEnd : HeadFault::kStartLine);
  const std::size_t end = begin + find_value_end(text.substr(begin));
  head.reason = text.substr(begin, end - begin);
  if (end == text.size()) return {};
  if (text[end] == '\n') return HeadParse::bad(HeadFault::kLineEnd);
  if (text[end] != '\r') return HeadParse::bad(HeadFault::kStartLine);
  if (end + 1 == text.size()) return {};
  if (text[end + 1] != '\n') return HeadParse::bad(HeadFault::kLineEnd);
  return {.outcome = Outcome::kDone, .bytes = end + 2};
}

HeadFault digest(ResponseHead& head) {
  FramingFields framing;
  bool upgrade = false;
  for (const Field& field : head.fields()) {
    upgrade = upgrade || field.id == FieldName::kUpgrade;
    if (const HeadFault fault = framing.take(field); fault != HeadFault::kNone) return fault;
  }
  if (framing.chunked && head.minor_version == 0) return HeadFault::kCodingInOldVersion;
  head.length = framing.length;
  head.chunked = framing.chunked;
  head.persistent = framing.persistent(head.minor_version);
  head.upgrade = upgrade && framing.upgrade;
  return HeadFault::kNone;
}

}  // namespace

HeadParse parse_response_head(std::string_view text, std::size_t seen, const HeadLimits& limits,
                              ResponseHead& head) {
  const bool in_fields = seen > 0 && text.substr(0, seen).find('\n') != std::string_view::npos;
  if (in_fields && text.find('\n', seen) == std::string_view::npos)
    return HeadParse::more(text, limits);

  const HeadParse line = parse_status_line(text, head);
  const std::size_t line_bytes = line.outcome == Outcome::kDone ? line.bytes : text.size();
  if (line.outcome != Outcome::kBad && line_bytes > limits.start_line_bytes)
    return HeadParse::bad(HeadFault::kHeadTooLarge);
  if (line.outcome == Outcome::kMore) return HeadParse::more(text, limits);
  if (line.outcome == Outcome::kBad) return line;

  const std::size_t fields_max = std::min(limits.fields, ResponseHead::kFieldsMax);
  const FieldLines fields =
      parse_field_lines(text.substr(line.bytes), std::span(head.field_array).first(fields_max));
  if (fields.outcome == FieldLines::Outcome::kMore) return HeadParse::more(text, limits);
  if (fields.outcome == FieldLines::Outcome::kBad) return HeadParse::bad(fields.fault);
  if (line.bytes + fields.bytes > limits.head_bytes)
    return HeadParse::bad(HeadFault::kHeadTooLarge);
  head.field_count = fields.count;
  if (const HeadFault fault = digest(head); fault != HeadFault::kNone) return HeadParse::bad(fault);
  return {.outcome = Outcome::kDone, .bytes = line.bytes + fields.bytes};
}

Framing framing_of(const ResponseHead& head, bool to_head_request) {
  using Kind = Framing::Kind;
  if (head.status == 101) return {.kind = Kind::kTunnel};
  if (to_head_request || head.status < 200 || head.status == 204 || head.status == 304) return {};
  if (head.chunked) return {.kind = Kind::kChunked};
  if (head.length)
    return *head.length > 0 ? Framing{.kind = Kind::kLength, .length = *head.length} : Framing{};
  return {.kind = Kind::kUntilClose};
}

}  // namespace bramble::http
