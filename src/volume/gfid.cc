// SPDX-License-Identifier: Apache-2.0
#include "volume/gfid.hh"

#include <fmt/format.h>

#include <charconv>

namespace bramble {

std::optional<Gfid> parse_gfid(std::string_view text) {
  Gfid id;
  std::size_t digits = 0;
  for (const char each : text) {
    if (each == '-') continue;
    unsigned value = 0;
    if (std::from_chars(&each, &each + 1, value, 16).ec != std::errc() ||
        digits == 2 * id.bytes.size())
      return std::nullopt;
    unsigned char& byte = id.bytes[digits++ / 2];
    byte = static_cast<unsigned char>(byte * 16U + value);
  }
  if (digits != 2 * id.bytes.size()) return std::nullopt;
  return id;
}

std::string to_string(const Gfid& id) {
  std::string text;
  for (std::size_t i = 0; i < id.bytes.size(); ++i)
    text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id.bytes[i]);
  return text;
}

}  // namespace bramble
