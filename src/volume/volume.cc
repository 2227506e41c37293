// SPDX-License-Identifier: Apache-2.0
#include "volume/volume.hh"

#include <algorithm>
#include <cstring>

#include "base/clock.hh"

namespace bramble {
namespace {

bool same_content(const FileStatus& status, const struct stat& now) {
  return same(now.st_mtim, status.modified) &&
         static_cast<std::uint64_t>(now.st_size) == status.size;
}

// An ending as a number that is not 0. 0: there is none, or it is too long.
std::uint32_t number_of(std::string_view ending) {
  std::uint32_t number = 0;
  static_assert(sizeof number == NothingBeside::kEndingMax);
  if (ending.size() <= sizeof number) std::memcpy(&number, ending.data(), ending.size());
  return number;
}

}  // namespace

bool FileStatus::still(const struct stat& now) const {
  return same_content(*this, now) && same(now.st_ctim, changed);
}

bool FileStatus::but_for_a_name(const struct stat& now) const {
  return same_content(*this, now) && now.st_nlink < links;
}

FileStatus file_status(const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  return {.type = S_ISDIR(status.st_mode) ? FileStatus::Type::kFolder : FileStatus::Type::kFile,
          .size = size,
          .modified = status.st_mtim,
          .version = file_version(status.st_mtim, size),
          .changed = status.st_ctim,
          .links = status.st_nlink,
          .inode = status.st_ino};
}

bool add_entry(FolderListing& listing, std::string_view name, const struct stat& status,
               const ListingBounds& bounds) {
  if (name == "." || name == "..") return true;
  FolderEntry entry{.name = std::string(name), .modified = status.st_mtim};
  if (S_ISDIR(status.st_mode))
    entry.kind = FolderEntry::Kind::kFolder;
  else if (S_ISLNK(status.st_mode))
    entry.kind = FolderEntry::Kind::kLink;
  else if (S_ISREG(status.st_mode))
    entry.size = static_cast<std::uint64_t>(status.st_size);
  else
    return true;
  if (listing.entries.size() >= bounds.entries || SystemClock().now() >= bounds.until) {
    listing.more = true;
    return false;
  }
  listing.entries.push_back(std::move(entry));
  return true;
}

bool NothingBeside::knows(std::string_view ending) const {
  const std::uint32_t number = number_of(ending);
  return number != 0 && std::ranges::any_of(endings_, [number](const auto& known) {
           return known.load(std::memory_order_relaxed) == number;
         });
}

void NothingBeside::learn(std::string_view ending) const {
  const std::uint32_t number = number_of(ending);
  if (number == 0) return;
  for (std::atomic<std::uint32_t>& place : endings_) {
    std::uint32_t there = 0;
    if (place.compare_exchange_strong(there, number) || there == number) return;
  }
}

Result<std::unique_ptr<VolumeFile>> Volume::open_beside(const VolumeFile&, std::string_view path,
                                                        std::string_view ending) {
  return open(std::string(path).append(".").append(ending));
}

}  // namespace bramble
