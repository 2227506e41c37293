// SPDX-License-Identifier: Apache-2.0
#include "balance/local_answer.hh"

#include <fmt/format.h>

#include <iterator>

namespace bramble::balance {

std::string_view reason_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

void append_local_answer(std::string& out, const LocalAnswer& answer) {
  const std::string body =
      fmt::format("{} {}: {}\n", answer.status, reason_of(answer.status), answer.text);
  fmt::format_to(std::back_inserter(out),
                 "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\n"
                 "Content-Length: {}\r\nCache-Control: no-store\r\nVia: 1.1 bramble\r\n{}{}\r\n{}",
                 answer.status, reason_of(answer.status), body.size(),
                 answer.status == 503 ? "Retry-After: 1\r\n" : "",
                 answer.close ? "Connection: close\r\n" : "", answer.without_body ? "" : body);
}

}  // namespace bramble::balance
