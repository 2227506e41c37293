// SPDX-License-Identifier: Apache-2.0
#include "balance/local_answer.hh"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

#include "http/date.hh"
#include "http/status.hh"

namespace bramble::balance {
namespace {

// RFC 9110 §10.2.3 and §15.5.6: what is refused by its method is told the others.
std::string_view field_with(int status) {
  if (status == 503) return "Retry-After: 1\r\n";
  return status == 405 ? "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" : "";
}

}  // namespace

void append_local_answer(std::string& out, const LocalAnswer& answer) {
  const std::string body =
      fmt::format("{} {}: {}\n", answer.status, http::reason_of(answer.status), answer.text);
  const http::DateText date = http::format_date(
      std::chrono::duration_cast<std::chrono::seconds>(answer.now.time_since_epoch()).count());
  fmt::format_to(std::back_inserter(out),
                 "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: text/plain; charset=utf-8\r\n"
                 "Content-Length: {}\r\nCache-Control: no-store\r\nVia: 1.1 bramble\r\n{}{}\r\n{}",
                 answer.status, http::reason_of(answer.status),
                 std::string_view(date.data(), date.size()), body.size(), field_with(answer.status),
                 answer.close ? "Connection: close\r\n" : "", answer.without_body ? "" : body);
}

}  // namespace bramble::balance
