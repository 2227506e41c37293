// SPDX-License-Identifier: Apache-2.0
// Whole files and folders. All block.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace bramble {

Result<std::string> read_file(const std::string& path);
// One that somebody names: error EFBIG where it goes on for more than so many bytes, as devices do.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);
std::string content_of(const std::string& path);  // "" where it cannot be read

// Replaces the file at once: written beside it, synced, renamed over it. A reader sees the old
// file or the new one, also after a power cut. The folder must exist.
Result<void> write_file(const std::string& path, std::string_view content, mode_t mode = 0644);

// What a folder holds, in no order, without "." and "..": as far as it can be read, so nothing
// where there is none. `goes_on` says whether it wants the next one.
void visit_names(const std::string& folder,
                 const std::function<bool(const std::string& name)>& goes_on);
std::vector<std::string> names_in(const std::string& folder);

}  // namespace bramble
