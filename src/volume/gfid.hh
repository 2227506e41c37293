// SPDX-License-Identifier: Apache-2.0
// What names an inode of a GlusterFS volume, the same on all its bricks.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace bramble {

struct Gfid {
  std::array<unsigned char, 16> bytes{};
  bool operator==(const Gfid&) const = default;
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

// "01234567-89ab-cdef-0123-456789abcdef", as bricks write it; nothing of anything else.
std::optional<Gfid> parse_gfid(std::string_view text);
std::string to_string(const Gfid& id);

}  // namespace bramble
