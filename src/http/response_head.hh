// SPDX-License-Identifier: Apache-2.0
// The head of a response (RFC 9112 §4): bytes in, message out, by the same rules as a request's.
// Nothing is allocated or copied: a ResponseHead is views into the bytes that were parsed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/body.hh"
#include "http/field.hh"
#include "http/request_head.hh"

namespace bramble::http {

struct ResponseHead {
  static constexpr std::size_t kFieldsMax = 128;

  int status = 0;           // 100 to 599
  std::string_view reason;  // may be empty
  std::uint8_t minor_version = 1;

  std::optional<std::uint64_t> length;  // Content-Length
  bool chunked = false;
  bool persistent = true;
  bool upgrade = false;  // Connection: upgrade, and an Upgrade field

  std::span<const Field> fields() const { return {field_array.data(), field_count}; }
  const Field* find(FieldName id) const { return find_field(fields(), id); }

  std::size_t field_count = 0;
  std::array<Field, kFieldsMax> field_array;
};

// As parse_request_head.
HeadParse parse_response_head(std::string_view text, std::size_t seen, const HeadLimits& limits,
                              ResponseHead& head);

// What follows the head of an answer to a request (RFC 9112 §6.3). For a final status or 101.
Framing framing_of(const ResponseHead& head, bool to_head_request);

}  // namespace bramble::http
