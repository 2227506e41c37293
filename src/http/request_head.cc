// SPDX-License-Identifier: Apache-2.0
#include "http/request_head.hh"

#include <algorithm>
#include <utility>

#include "base/text.hh"
#include "http/field_lines.hh"
#include "http/framing_fields.hh"
#include "http/host.hh"
#include "http/octets.hh"
#include "http/scan.hh"

namespace bramble::http {
namespace {

using Outcome = HeadParse::Outcome;

constexpr std::size_t kMethodBytesMax = 32;
constexpr std::size_t kVersionBytes = 8;  // "HTTP/1.1"

HeadParse done(std::size_t bytes) { return {.outcome = Outcome::kDone, .bytes = bytes}; }

HeadFault parse_version(std::string_view text, RequestHead& head) {
  if (!text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7]))
    return HeadFault::kStartLine;
  if (text[5] != '1' || text[7] > '1') return HeadFault::kVersion;
  head.minor_version = static_cast<std::uint8_t>(text[7] - '0');
  return HeadFault::kNone;
}

void split_query(std::string_view path, RequestHead& head) {
  const std::size_t mark = path.find('?');
  head.path = path.substr(0, mark);
  head.query = mark == std::string_view::npos ? std::string_view() : path.substr(mark + 1);
}

HeadFault parse_absolute(std::string_view behind_scheme, RequestHead& head) {
  const std::size_t end = behind_scheme.find_first_of("/?");
  head.host = behind_scheme.substr(0, end);
  if (!is_host(head.host)) return HeadFault::kTarget;
  split_query(end == std::string_view::npos ? "" : behind_scheme.substr(end), head);
  if (head.path.empty()) head.path = "/";
  head.form = TargetForm::kAbsolute;
  return HeadFault::kNone;
}

HeadFault parse_target(RequestHead& head) {
  const std::string_view target = head.target;
  head.path = head.query = head.host = {};
  if (target.find('#') != std::string_view::npos) return HeadFault::kTarget;
  if (head.method == "CONNECT") {
    head.form = TargetForm::kAuthority;
    head.host = target;
    return is_host(target) ? HeadFault::kNone : HeadFault::kTarget;
  }
  if (target[0] == '/') {
    head.form = TargetForm::kOrigin;
    split_query(target, head);
    return HeadFault::kNone;
  }
  if (target == "*" && head.method == "OPTIONS") {
    head.form = TargetForm::kAsterisk;
    return HeadFault::kNone;
  }
  for (const std::string_view scheme : {"http://", "https://"})
    if (equals_lower(target.substr(0, scheme.size()), scheme))
      return parse_absolute(target.substr(scheme.size()), head);
  return HeadFault::kTarget;
}

// METHOD SP TARGET SP VERSION CR LF, each blank a single one. Bytes that cannot be right any more
// are refused before the line is whole.
HeadParse parse_request_line(std::string_view text, RequestHead& head) {
  std::size_t at = 0;
  while (at < text.size() && is_token_byte(static_cast<unsigned char>(text[at]))) ++at;
  head.method = text.substr(0, at);
  if (at > kMethodBytesMax) return HeadParse::bad(HeadFault::kMethodTooLong);
  if (at == text.size()) return {};
  if (at == 0 || text[at] != ' ') return HeadParse::bad(HeadFault::kStartLine);

  const std::size_t begin = at + 1;
  at = begin + find_target_end(text.substr(begin));
  if (at == text.size()) return {};
  if (at == begin || text[at] == '\r' || text[at] == '\n')
    return HeadParse::bad(HeadFault::kStartLine);
  if (text[at] != ' ') return HeadParse::bad(HeadFault::kTarget);
  head.target = text.substr(begin, at - begin);

  const std::string_view rest = text.substr(at + 1);
  if (rest.size() < kVersionBytes) {
    const bool hopeful = rest.find_first_of("\r\n ") == std::string_view::npos;
    return hopeful ? HeadParse{} : HeadParse::bad(HeadFault::kStartLine);
  }
  if (const HeadFault fault = parse_version(rest, head); fault != HeadFault::kNone)
    return HeadParse::bad(fault);
  const std::string_view end = rest.substr(kVersionBytes, 2);
  if (end != std::string_view("\r\n").substr(0, end.size()))
    return HeadParse::bad(end[0] == '\r' || end[0] == '\n' ? HeadFault::kLineEnd
                                                           : HeadFault::kStartLine);
  if (end.size() < 2) return {};
  if (const HeadFault fault = parse_target(head); fault != HeadFault::kNone)
    return HeadParse::bad(fault);
  return done(at + 1 + kVersionBytes + 2);
}

HeadFault take_host(std::string_view value, bool& seen, RequestHead& head) {
  if (std::exchange(seen, true)) return HeadFault::kHostTwice;
  if (!is_host(value)) return HeadFault::kHost;
  if (head.form == TargetForm::kOrigin || head.form == TargetForm::kAsterisk) head.host = value;
  return HeadFault::kNone;
}

// HTTP/2 in clear text would be a tunnel past every rule that is kept here, and RFC 9113 §3.1 has
// done away with asking for it by an Upgrade.
bool names_h2c(std::string_view protocols) {
  for (auto each = take_element(protocols); !each.empty(); each = take_element(protocols))
    if (equals_lower(each, "h2c")) return true;
  return false;
}

// What the fields mean for the request as a whole.
HeadFault digest(RequestHead& head) {
  FramingFields framing;
  bool host_seen = false, upgrade = false, h2c = false;
  head.expects_continue = head.expects_otherwise = false;
  for (const Field& field : head.fields()) {
    HeadFault fault = HeadFault::kNone;
    if (field.id == FieldName::kHost)
      fault = take_host(field.value, host_seen, head);
    else if (field.id == FieldName::kExpect)
      (equals_lower(field.value, "100-continue") ? head.expects_continue : head.expects_otherwise) =
          true;
    else if (field.id == FieldName::kUpgrade)
      upgrade = true, h2c = h2c || names_h2c(field.value);
    else
      fault = framing.take(field);
    if (fault != HeadFault::kNone) return fault;
  }
  if (!host_seen && head.minor_version >= 1) return HeadFault::kHostMissing;
  if (framing.chunked && head.minor_version == 0) return HeadFault::kCodingInOldVersion;
  if (head.minor_version == 0) head.expects_continue = head.expects_otherwise = false;
  head.framing = framing.chunked ? Framing{.kind = Framing::Kind::kChunked}
                 : framing.length.value_or(0) > 0
                     ? Framing{.kind = Framing::Kind::kLength, .length = *framing.length}
                     : Framing{};
  head.persistent = framing.persistent(head.minor_version);
  head.asks_upgrade = upgrade && !h2c && framing.upgrade && head.minor_version >= 1;
  return HeadFault::kNone;
}

}  // namespace

HeadParse parse_request_head(std::string_view text, std::size_t seen, const HeadLimits& limits,
                             RequestHead& head) {
  // Nothing new can be said before another line is whole: a head that drips in byte by byte is
  // not parsed anew for each.
  const bool in_fields = seen > 0 && text.substr(0, seen).find('\n') != std::string_view::npos;
  if (in_fields && text.find('\n', seen) == std::string_view::npos)
    return HeadParse::more(text, limits);

  std::size_t begin = 0;  // empty lines before a request are passed over (RFC 9112 §2.2)
  while (text.substr(begin).starts_with("\r\n")) begin += 2;
  if (begin == text.size() || text.substr(begin) == "\r") return HeadParse::more(text, limits);

  const HeadParse line = parse_request_line(text.substr(begin), head);
  const std::size_t line_bytes = line.outcome == Outcome::kDone ? line.bytes : text.size() - begin;
  if (line.outcome != Outcome::kBad && line_bytes > limits.start_line_bytes)
    return HeadParse::bad(HeadFault::kTargetTooLong);
  if (line.outcome == Outcome::kMore) return HeadParse::more(text, limits);
  if (line.outcome == Outcome::kBad) return line;

  begin += line.bytes;
  const std::size_t fields_max = std::min(limits.fields, RequestHead::kFieldsMax);
  const FieldLines fields =
      parse_field_lines(text.substr(begin), std::span(head.field_array).first(fields_max));
  if (fields.outcome == FieldLines::Outcome::kMore) return HeadParse::more(text, limits);
  if (fields.outcome == FieldLines::Outcome::kBad) return HeadParse::bad(fields.fault);
  if (begin + fields.bytes > limits.head_bytes) return HeadParse::bad(HeadFault::kHeadTooLarge);
  head.field_count = fields.count;
  if (const HeadFault fault = digest(head); fault != HeadFault::kNone) return HeadParse::bad(fault);
  return done(begin + fields.bytes);
}

}  // namespace bramble::http
