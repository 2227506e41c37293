// SPDX-License-Identifier: Apache-2.0
// Writes the head of a response into a buffer that is kept from one to the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text_buffer.hh"
#include "http/date.hh"

namespace bramble::http {

// What stands behind all other lines: of a body of so many bytes; nothing: of none.
void end_head(TextBuffer& head, std::optional<std::uint64_t> body_bytes);

class ResponseWriter {
 public:
  // Lines "Name: value\r\n" that every response carries.
  explicit ResponseWriter(std::string common_fields) : common_(std::move(common_fields)) {}

  void begin(int status, WallTime now);  // with Date and the common fields
  void lines(std::string_view fields) { text_.append(fields); }
  void field(std::string_view name, std::string_view value);
  std::string_view text() const { return text_.text(); }          // valid until the next begin
  std::string_view end(std::optional<std::uint64_t> body_bytes);  // the same; nothing: no body

 private:
  const std::string common_;
  CurrentDate date_;
  TextBuffer text_;
};

}  // namespace bramble::http
