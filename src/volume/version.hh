// SPDX-License-Identifier: Apache-2.0
// What names one content of a file, for ETag. It must be the same on every node that holds a copy,
// whatever brick, inode number or change time it has there; so it is made of what a replica and a
// geo-replicated copy keep: the time of the last change of the content, and the size.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace bramble {

// Letters, digits and "-" only.
std::string file_version(const timespec& modified, std::uint64_t size);

}  // namespace bramble
