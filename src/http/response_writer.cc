// SPDX-License-Identifier: Apache-2.0
#include "http/response_writer.hh"

#include "http/status.hh"

namespace bramble::http {
void ResponseWriter::begin(int status, WallTime now) {
  text_.assign("HTTP/1.1 ").append_number(static_cast<std::uint64_t>(status));
  text_.append(" ", reason_of(status), "\r\nDate: ", date_.at(now), "\r\n", common_);
}

void ResponseWriter::field(std::string_view name, std::string_view value) {
  text_.append(name, ": ", value, "\r\n");
}

void ResponseWriter::length(std::uint64_t bytes) {
  text_.append("Content-Length: ").append_number(bytes).append("\r\n");
}

std::string_view ResponseWriter::finish() { return text_.append("\r\n").text(); }

}  // namespace bramble::http
