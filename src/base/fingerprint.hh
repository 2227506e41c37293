// SPDX-License-Identifier: Apache-2.0
// FNV-1a with 64 bits (RFC 9923): tells texts apart where nobody tries to deceive us.
#pragma once

#include <cstdint>
#include <string_view>

namespace bramble {

constexpr std::uint64_t fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace bramble
