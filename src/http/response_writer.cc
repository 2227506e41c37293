// SPDX-License-Identifier: Apache-2.0
#include "http/response_writer.hh"

#include "http/status.hh"

namespace bramble::http {

void end_head(TextBuffer& head, std::optional<std::uint64_t> body_bytes) {
  if (body_bytes) head.append("Content-Length: ").append_number(*body_bytes).append("\r\n");
  head.append("\r\n");
}

void ResponseWriter::begin(int status, WallTime now) {
  text_.assign("HTTP/1.1 ").append_number(static_cast<std::uint64_t>(status));
  text_.append(" ", reason_of(status), "\r\nDate: ", date_.at(now), "\r\n", common_);
}

void ResponseWriter::field(std::string_view name, std::string_view value) {
  text_.append(name, ": ", value, "\r\n");
}

std::string_view ResponseWriter::end(std::optional<std::uint64_t> body_bytes) {
  end_head(text_, body_bytes);
  return text_.text();
}

}  // namespace bramble::http
