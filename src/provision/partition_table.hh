// SPDX-License-Identifier: Apache-2.0
// A disk's partition table as `sfdisk --dump` tells it, and where in it a new partition goes:
//
//     | table | p1 boot | gap | p2 root ……… |  free space, whole MiB: the brick  | rest |
//                                           ^ next MiB boundary                  ^ last whole MiB
//
// Behind the *last* partition only: gaps between and before partitions hold boot loaders on some
// boards. Entries that exist are never changed. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace bramble::provision {

struct Partition {
  std::string node;  // "/dev/mmcblk0p2"
  unsigned number = 0;
  std::uint64_t start = 0;  // sectors
  std::uint64_t sectors = 0;
  std::string name;  // GPT only
};

struct PartitionTable {
  enum class Label : std::uint8_t { kDos, kGpt };
  Label label = Label::kDos;
  std::string id;    // the table's own: survives a change of the device's name
  std::string disk;  // "/dev/mmcblk0"
  std::uint64_t sector_bytes = 512;
  std::uint64_t last_usable = 0;  // GPT only: the last sector that a partition may have
  std::vector<Partition> partitions;

  const Partition* find(unsigned number) const;  // nullptr: no such entry
};

// Of the output of `sfdisk --dump DISK`.
Result<PartitionTable> parse_partition_table(std::string_view dump);

// Where a new partition goes. disk_bytes: the whole disk's.
Result<Partition> place_behind_last(const PartitionTable& table, std::uint64_t disk_bytes);

// "/dev/sda" and 3: "/dev/sda3"; "/dev/mmcblk0" and 3: "/dev/mmcblk0p3".
std::string partition_node(std::string_view disk, unsigned number);

// The line for `sfdisk -N NUMBER` that adds the partition.
std::string sfdisk_entry(const PartitionTable& table, const Partition& partition);

inline constexpr std::uint64_t kBrickBytesMin = std::uint64_t{1} << 30U;
inline constexpr std::string_view kBrickPartitionName = "bramble-brick";

}  // namespace bramble::provision
