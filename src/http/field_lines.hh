// SPDX-License-Identifier: Apache-2.0
// The lines between a head's first line and the empty one that ends it (RFC 9112 §5), strictly:
//
//     *( token ":" OWS value OWS CRLF ) CRLF
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "http/field.hh"
#include "http/head_fault.hh"

namespace bramble::http {

struct FieldLines {
  enum class Outcome : std::uint8_t { kMore, kDone, kBad };
  Outcome outcome = Outcome::kMore;
  HeadFault fault = HeadFault::kNone;  // of kBad
  std::size_t bytes = 0;               // of kDone: with the empty line
  std::size_t count = 0;               // of kDone: how many of the fields were set
};

// The fields' views are into the text. As many as fields.size() are allowed.
FieldLines parse_field_lines(std::string_view text, std::span<Field> fields);

}  // namespace bramble::http
