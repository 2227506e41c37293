// SPDX-License-Identifier: Apache-2.0
#include "volume/version.hh"

#include <array>
#include <bit>
#include <charconv>

namespace bramble {
namespace {

void append_hex(std::uint64_t number, std::string& to) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  to.append(digits.data(), end);
}

}  // namespace

// As gsyncd has it: sec + 1e-9 * nsec, rounded to a double. What it makes of that on the copy is
// less than a nanosecond off, and so is rounded to the same.
FileVersion file_version(const timespec& modified, std::uint64_t size) {
  if (size == 0) return {};
  const double seconds =
      static_cast<double>(modified.tv_sec) + 1e-9 * static_cast<double>(modified.tv_nsec);
  return {.time = std::bit_cast<std::uint64_t>(seconds), .size = size};
}

void append_version(const FileVersion& version, std::string& to) {
  if (version.size == 0) return to.push_back('0');
  append_hex(version.time, to);
  to.push_back('-');
  append_hex(version.size, to);
}

}  // namespace bramble
