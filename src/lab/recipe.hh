// SPDX-License-Identifier: Apache-2.0
// What is on a lab host's SD card before its first boot, as data:
//
//     0      4 MiB         68 MiB                    2628 MiB           6 GiB
//     │ table │ p1: boot    │ p2: root, ext4           │ free space, for a brick │
//
// It stands for a Raspberry Pi's image: Debian with systemd and sshd, user `pi` with sudo and the
// password everybody knows, host name `raspberrypi`. Beside it lies a repository of Debian
// packages, for hosts that have no way to the real Internet.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bramble::lab {

struct DiskLayout {
  std::uint64_t image_mib;
  std::uint64_t boot_start_mib;
  std::uint64_t boot_mib;
  std::uint64_t root_mib;

  std::uint64_t root_start_mib() const { return boot_start_mib + boot_mib; }
  std::string table() const;  // for sfdisk(8)
};

struct ImageFile {
  std::string path;
  std::string content;
  mode_t mode = 0644;
};

struct Recipe {
  std::string suite;
  std::vector<std::string> base_packages;
  std::vector<std::string> repository_packages;  // and all that they depend on
  std::vector<ImageFile> files;                  // laid over the packages
  std::string setup;                             // for sh, run last, inside
  DiskLayout disk;

  std::string fingerprint() const;  // 16 hex digits that change whenever the recipe does
};

Recipe recipe();

}  // namespace bramble::lab
