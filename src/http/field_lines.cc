// SPDX-License-Identifier: Apache-2.0
#include "http/field_lines.hh"

#include "http/octets.hh"
#include "http/scan.hh"

namespace bramble::http {
namespace {

using Outcome = FieldLines::Outcome;

struct Line {
  Outcome outcome = Outcome::kMore;
  HeadFault fault = HeadFault::kNone;
  std::size_t bytes = 0;  // with CR LF
};

constexpr Line bad(HeadFault fault) { return {.outcome = Outcome::kBad, .fault = fault}; }

// What stands where a line should end with CR LF.
Line line_end(std::string_view text, std::size_t at) {
  if (at == text.size()) return {};
  if (text[at] == '\n') return bad(HeadFault::kLineEnd);
  if (text[at] != '\r') return bad(HeadFault::kFieldValue);
  if (at + 1 == text.size()) return {};
  if (text[at + 1] != '\n') return bad(HeadFault::kLineEnd);
  return {.outcome = Outcome::kDone, .bytes = at + 2};
}

Line parse_line(std::string_view text, Field& field) {
  std::size_t colon = 0;
  while (colon < text.size() && is_token_byte(static_cast<unsigned char>(text[colon]))) ++colon;
  if (colon == text.size()) return {};
  if (text[colon] != ':') {
    if (!is_blank(text[colon])) return bad(HeadFault::kFieldName);
    return bad(colon == 0 ? HeadFault::kFold : HeadFault::kBlankBeforeColon);
  }
  if (colon == 0) return bad(HeadFault::kFieldName);
  std::size_t begin = colon + 1;
  while (begin < text.size() && is_blank(text[begin])) ++begin;
  const std::size_t stop = begin + find_value_end(text.substr(begin));
  const Line line = line_end(text, stop);
  if (line.outcome != Outcome::kDone) return line;
  std::size_t end = stop;
  while (end > begin && is_blank(text[end - 1])) --end;
  field.name = text.substr(0, colon);
  field.value = text.substr(begin, end - begin);
  field.id = field_name(field.name);
  return line;
}

}  // namespace

FieldLines parse_field_lines(std::string_view text, std::span<Field> fields) {
  std::size_t at = 0, count = 0;
  for (;;) {
    const std::string_view rest = text.substr(at);
    if (rest.empty()) return {};
    if (rest[0] == '\r' || rest[0] == '\n') {
      const Line end = line_end(rest, 0);
      return {.outcome = end.outcome, .fault = end.fault, .bytes = at + end.bytes, .count = count};
    }
    Field field;
    const Line line = parse_line(rest, field);
    if (line.outcome != Outcome::kDone) return {.outcome = line.outcome, .fault = line.fault};
    if (count == fields.size())
      return {.outcome = Outcome::kBad, .fault = HeadFault::kTooManyFields};
    fields[count++] = field;
    at += line.bytes;
  }
}

}  // namespace bramble::http
