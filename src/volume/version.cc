// SPDX-License-Identifier: Apache-2.0
#include "volume/version.hh"

#include <fmt/format.h>

#include <bit>

namespace bramble {

// As gsyncd has it: sec + 1e-9 * nsec, rounded to a double. What it makes of that on the copy is
// less than a nanosecond off, and so is rounded to the same.
std::string file_version(const timespec& modified, std::uint64_t size) {
  if (size == 0) return "0";
  const double seconds =
      static_cast<double>(modified.tv_sec) + 1e-9 * static_cast<double>(modified.tv_nsec);
  return fmt::format("{:x}-{:x}", std::bit_cast<std::uint64_t>(seconds), size);
}

}  // namespace bramble
