// SPDX-License-Identifier: Apache-2.0
#include "volume/version.hh"

#include <fmt/format.h>

namespace bramble {

std::string file_version(const timespec& modified, std::uint64_t size) {
  return fmt::format("{:x}-{:x}-{:x}", static_cast<std::uint64_t>(modified.tv_sec),
                     modified.tv_nsec, size);
}

}  // namespace bramble
