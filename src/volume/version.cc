// SPDX-License-Identifier: Apache-2.0
#include "volume/version.hh"

#include <bit>
#include <charconv>

namespace bramble {

// As gsyncd has it: sec + 1e-9 * nsec, rounded to a double. What it makes of that on the copy is
// less than a nanosecond off, and so is rounded to the same.
FileVersion file_version(const timespec& modified, std::uint64_t size) {
  if (size == 0) return {};
  const double seconds =
      static_cast<double>(modified.tv_sec) + 1e-9 * static_cast<double>(modified.tv_nsec);
  return {.time = std::bit_cast<std::uint64_t>(seconds), .size = size};
}

char* write_version(const FileVersion& version, std::span<char, kVersionBytesMax> to) {
  char* const end = to.data() + to.size();
  if (version.size == 0) return std::to_chars(to.data(), end, 0).ptr;
  char* const time_end = std::to_chars(to.data(), end, version.time, 16).ptr;
  *time_end = '-';
  return std::to_chars(time_end + 1, end, version.size, 16).ptr;
}

}  // namespace bramble
