// SPDX-License-Identifier: Apache-2.0
#include "volume/file_system.hh"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace bramble {
namespace {

constexpr std::uint32_t kXfs = 0x58465342;  // not in linux/magic.h
constexpr std::array<std::uint32_t, 4> kDatedByTheKernel = {EXT4_SUPER_MAGIC, kXfs,
                                                            BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC};

}  // namespace

bool dated_by_the_kernel(const UniqueFd& file) {
  struct statfs system = {};
  if (::fstatfs(file.get(), &system) != 0) return false;
  const auto kind = static_cast<std::uint32_t>(system.f_type);
  return std::ranges::find(kDatedByTheKernel, kind) != kDatedByTheKernel.end();
}

}  // namespace bramble
