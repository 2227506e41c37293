// SPDX-License-Identifier: Apache-2.0
#include "node/brick_changes.hh"

#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "base/text.hh"

namespace bramble {

std::optional<ChangeCount> read_change_count(const std::string& brick_folder) {
  namespace fs = std::filesystem;
  std::string newest;  // "HTIME.1700000000"
  std::error_code none;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(brick_folder + "/.glusterfs/changelogs/htime", none))
    newest = std::max(newest, entry.path().string());
  if (newest.empty()) return std::nullopt;

  std::array<char, 64> value = {};  // "1700000123:80": the newest journal's time, and the count
  const ssize_t size =
      ::getxattr(newest.c_str(), "trusted.glusterfs.htime", value.data(), value.size() - 1);
  if (size < 0) return std::nullopt;
  const std::string_view text(value.data());
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  const std::optional<std::uint64_t> count = parse_number(trim(text.substr(colon + 1)));
  if (!count) return std::nullopt;
  return ChangeCount{.index = newest, .count = *count};
}

}  // namespace bramble
