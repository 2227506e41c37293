// SPDX-License-Identifier: Apache-2.0
// The head of a request (RFC 9112 §2 to §5): bytes in, message out. Strict, since no two servers on
// a request's way may disagree about where it ends or whom it asks:
//
//     400  no such line, name or value; CR or LF alone; a fold; a blank before the colon; a control
//          byte; Host missing, twice or not valid; a length that is none; a length beside a coding
//     414  the first line is past its limit      431  the head is, or it has too many fields
//     501  an unknown transfer coding, an endless method      505  neither HTTP/1.0 nor 1.1
//
// Nothing is allocated or copied: a RequestHead is views into the bytes that were parsed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/body.hh"
#include "http/field.hh"
#include "http/head_fault.hh"

namespace bramble::http {

enum class TargetForm : std::uint8_t {
  kOrigin,     // /path?query
  kAbsolute,   // http://host/path?query, as proxies are asked
  kAuthority,  // host:port, of CONNECT alone
  kAsterisk,   // *, of OPTIONS alone
};

struct HeadLimits {
  std::size_t start_line_bytes = 8 * 1024;
  std::size_t head_bytes = 16 * 1024;
  std::size_t fields = 100;  // at most RequestHead::kFieldsMax
};

struct RequestHead {
  static constexpr std::size_t kFieldsMax = 128;

  std::string_view method;  // a token; methods are told apart by case
  std::string_view target;  // as sent
  TargetForm form = TargetForm::kOrigin;
  std::string_view path;   // of kOrigin and kAbsolute: before the "?"; begins with "/"
  std::string_view query;  // behind the "?"; "" also where there is none
  std::string_view host;   // of the target if it names one, else of Host; "" only in HTTP/1.0
  std::uint8_t minor_version = 1;

  Framing framing;  // of the body that follows
  bool persistent = true;
  bool expects_continue = false;   // Expect: 100-continue
  bool expects_otherwise = false;  // any other expectation: 417
  bool asks_upgrade = false;       // Connection: upgrade, and an Upgrade field without h2c

  std::span<const Field> fields() const { return {field_array.data(), field_count}; }
  const Field* find(FieldName id) const { return find_field(fields(), id); }
  std::string_view value(FieldName id) const {  // "" also where there is none
    const Field* const field = find(id);
    return field != nullptr ? field->value : std::string_view();
  }

  std::size_t field_count = 0;
  std::array<Field, kFieldsMax> field_array;
};

struct HeadParse {
  enum class Outcome : std::uint8_t { kMore, kDone, kBad };
  Outcome outcome = Outcome::kMore;
  HeadFault fault = HeadFault::kNone;  // of kBad: status_of, explain
  std::size_t bytes = 0;               // of kDone: how many the head has

  static HeadParse bad(HeadFault fault) { return {.outcome = Outcome::kBad, .fault = fault}; }
  // kMore, while what there is of it may still become a head.
  static HeadParse more(std::string_view text, const HeadLimits& limits) {
    return text.size() < limits.head_bytes ? HeadParse() : bad(HeadFault::kHeadTooLarge);
  }
};

// Parses the head at the beginning of the text. kMore: call again when there are more bytes, with
// all of them; `seen` is how many the text had when it last was kMore (0: never). What stands in
// the head is of use after kDone only; after kBad its method may be set, for a log.
HeadParse parse_request_head(std::string_view text, std::size_t seen, const HeadLimits& limits,
                             RequestHead& head);

}  // namespace bramble::http
