// SPDX-License-Identifier: Apache-2.0
// What names one content of a file, for ETag. It must be the same on every node that holds a copy,
// whatever brick, inode number or change time it has there; so it is made of what a replica and a
// geo-replicated copy keep: the time of the last change of the content, and the size.
//
// Geo-replication keeps times as the doubles of Python, to 0.24 us, where only a file's attributes
// have changed (touch, chmod), and no time of files that are empty (seen with 10.3): so the time
// counts to that precision, and all empty files have one version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>

namespace bramble {

struct FileVersion {
  std::uint64_t time = 0;  // only to be compared
  std::uint64_t size = 0;  // bytes
  bool operator==(const FileVersion&) const = default;
};

FileVersion file_version(const timespec& modified, std::uint64_t size);

// Its text: digits, the letters a to f and "-" only. Gives the end of what it wrote.
inline constexpr std::size_t kVersionBytesMax = 33;
char* write_version(const FileVersion& version, std::span<char, kVersionBytesMax> to);

}  // namespace bramble
