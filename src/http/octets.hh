// SPDX-License-Identifier: Apache-2.0
// Which bytes may stand where in a message head (RFC 9110 §5.5, §5.6.2, §5.6.3).
#pragma once

#include <array>
#include <cstdint>

namespace bramble::http {

namespace detail {

inline constexpr std::uint8_t kToken = 1;  // tchar
inline constexpr std::uint8_t kValue = 2;  // field-vchar, blank, tab, obs-text

constexpr std::array<std::uint8_t, 256> octet_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0x20; c < 256; ++c)
    if (c != 0x7f) classes[c] = kValue;
  classes['\t'] = kValue;
  for (unsigned c = 0x21; c < 0x7f; ++c) {
    bool separator = false;
    for (const char s :
         {'(', ')', ',', '/', ':', ';', '<', '=', '>', '?', '@', '[', '\\', ']', '{', '}', '"'})
      separator = separator || c == static_cast<unsigned char>(s);
    if (!separator) classes[c] |= kToken;
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kOctetClasses = octet_classes();

}  // namespace detail

constexpr bool is_token_byte(unsigned char c) {
  return (detail::kOctetClasses[c] & detail::kToken) != 0;
}
constexpr bool is_value_byte(unsigned char c) {
  return (detail::kOctetClasses[c] & detail::kValue) != 0;
}

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }  // of OWS

// 0..15, or -1 where it is no hexadecimal digit.
constexpr int hex_digit(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace bramble::http
