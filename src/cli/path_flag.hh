// SPDX-License-Identifier: Apache-2.0
// A flag that is a request's path.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace bramble::cli {

// "" where it can stand in a request as it is; also for CLI11, which tells it behind the flag.
inline std::string fault_of_path(const std::string& path) {
  const bool plain =
      std::ranges::all_of(path, [](char c) { return c > ' ' && c < 127 && c != '#'; });
  return path.starts_with('/') && plain
             ? ""
             : fmt::format(
                   "bad path \"{}\": one like \"/page\" is needed, in ASCII and "
                   "without blanks (%20)",
                   path);
}

}  // namespace bramble::cli
