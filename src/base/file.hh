// SPDX-License-Identifier: Apache-2.0
// Whole files and folders. All block.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace bramble {

Result<std::string> read_file(const std::string& path);
std::string content_of(const std::string& path);  // "" where it cannot be read

// Replaces the file at once: written beside it, synced, renamed over it. A reader sees the old
// file or the new one, also after a power cut. The folder must exist.
Result<void> write_file(const std::string& path, std::string_view content, mode_t mode = 0644);

// What a folder holds, in no order, without "." and "..": as far as it can be read, so nothing
// where there is none.
std::vector<std::string> names_in(const std::string& folder,
                                  std::size_t at_most = std::numeric_limits<std::size_t>::max());

}  // namespace bramble
