// SPDX-License-Identifier: Apache-2.0
// What backends answer who is asked for a part of something, honestly or not.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace bramble::test {

inline std::string content(std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint32_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
  return text;
}

// Which bytes a request asks for: the first, and the last where it tells.
struct Asked {
  bool range = false;
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t total = 0;

  std::size_t bytes() const { return last - first + 1; }
};

inline Asked asked_of(const std::string& request, std::size_t total) {
  constexpr std::string_view kRange = "\r\nRange: bytes=";
  const std::size_t at = request.find(kRange);
  if (at == request.npos) return {.last = total - 1, .total = total};
  const std::string text = request.substr(at + kRange.size());
  const std::size_t dash = text.find('-');
  Asked asked{
      .range = true, .first = std::stoul(text.substr(0, dash)), .last = total - 1, .total = total};
  if (text[dash + 1] != '\r') asked.last = std::stoul(text.substr(dash + 1));
  return asked;
}

// What differs from an honest answer.
struct Lie {
  std::string etag = "\"v1\"";
  int status = 206;
  long first = 0, last = 0, total = 0, length = 0;  // added
  std::size_t cut = 0;                              // bytes of the body that are not sent
  std::string more_fields, more_body;
};

inline std::string head_for(const Asked& asked, const Lie& lie) {
  if (lie.status != 206)
    return fmt::format("HTTP/1.1 {} X\r\nETag: {}\r\nContent-Length: {}\r\n{}\r\n", lie.status,
                       lie.etag, lie.status == 200 ? asked.total : 0, lie.more_fields);
  const auto number = [](std::size_t honest, long added) {
    return static_cast<long>(honest) + added;
  };
  return fmt::format(
      "HTTP/1.1 206 Partial Content\r\nETag: {}\r\nContent-Range: bytes {}-{}/{}\r\n"
      "Content-Length: {}\r\n{}\r\n",
      lie.etag, number(asked.first, lie.first), number(asked.last, lie.last),
      number(asked.total, lie.total), number(asked.bytes(), lie.length), lie.more_fields);
}

// An honest one: 206 where a range was asked for, else 200.
inline std::string head_for(const Asked& asked) {
  return head_for(asked, Lie{.status = asked.range ? 206 : 200});
}

}  // namespace bramble::test
