// SPDX-License-Identifier: Apache-2.0
#include "http/response_writer.hh"

#include <array>
#include <charconv>

#include "http/status.hh"

namespace bramble::http {
namespace {

void append_number(std::string& to, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  to.append(digits.data(), end);
}

}  // namespace

void ResponseWriter::begin(int status, WallTime now) {
  text_.assign("HTTP/1.1 ");
  append_number(text_, static_cast<std::uint64_t>(status));
  text_.append(" ").append(reason_of(status)).append("\r\nDate: ").append(date_.at(now));
  text_.append("\r\n").append(common_);
}

void ResponseWriter::field(std::string_view name, std::string_view value) {
  text_.append(name).append(": ").append(value).append("\r\n");
}

void ResponseWriter::length(std::uint64_t bytes) {
  text_.append("Content-Length: ");
  append_number(text_, bytes);
  text_.append("\r\n");
}

std::string_view ResponseWriter::finish() { return text_.append("\r\n"); }

}  // namespace bramble::http
