// SPDX-License-Identifier: Apache-2.0
#include "volume/folder_cache.hh"

#include <unistd.h>

#include <ctime>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "volume/file_system.hh"

namespace bramble {
namespace {

constexpr std::uint64_t kEntryBytes = 384;  // beside name and content

// The file's first bytes, that many; "": it is shorter, or cannot be read.
std::string first_bytes(const UniqueFd& file, std::size_t bytes) {
  std::string text(bytes, '\0');
  const ssize_t got = ::pread(file.get(), text.data(), bytes, 0);
  return got == static_cast<ssize_t>(bytes) ? text : "";
}

}  // namespace

FolderCache::FolderCache(const UniqueFd& folder, const Options& options) : options_(options) {
  struct stat status = {};
  if (options.memory_bytes > 0 && dated_by_the_kernel(folder) &&
      ::fstat(folder.get(), &status) == 0)
    device_ = status.st_dev;
  for (auto& part : parts_) part = std::make_unique<Part>(options.memory_bytes / kParts);
}

FolderCache::Part& FolderCache::part_of(std::string_view name) {
  return *parts_[std::hash<std::string_view>()(name) / 7 % kParts];
}

std::shared_ptr<const FileContent> FolderCache::find(std::string_view name,
                                                     const struct stat& found) {
  if (!device_ || !S_ISREG(found.st_mode)) return nullptr;
  Part& part = part_of(name);
  const std::lock_guard lock(part.mutex);
  const Content* const kept = part.files.find(name);
  const bool hit = kept != nullptr && same(**kept, found);
  ++(hit ? part.hits : part.misses);
  return hit ? *kept : nullptr;
}

bool FolderCache::same(const FileContent& content, const struct stat& found) const {
  return found.st_dev == device_ && found.st_ino == content.status.inode &&
         content.stamp == Stamp(found);
}

bool FolderCache::may_be_kept(const struct stat& found) const {
  if (found.st_dev != device_ || !S_ISREG(found.st_mode)) return false;
  if (static_cast<std::uint64_t>(found.st_size) > kFileBytesMax) return false;
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec - found.st_ctim.tv_sec >= options_.unchanged_for.count();
}

std::shared_ptr<const FileContent> FolderCache::keep(std::string_view name, const UniqueFd& file,
                                                     const struct stat& found) {
  if (!may_be_kept(found)) return nullptr;
  const std::string bytes = first_bytes(file, static_cast<std::size_t>(found.st_size));
  auto content = std::make_shared<const FileContent>(FileContent{.bytes = HeadedBytes(bytes),
                                                                 .whole = true,
                                                                 .status = file_status(found),
                                                                 .stamp = Stamp(found),
                                                                 .room = nullptr});
  struct stat now = {};
  if (bytes.empty() || ::fstat(file.get(), &now) != 0 || !same(*content, now)) return nullptr;
  Part& part = part_of(name);
  std::vector<Content> gone;  // when the lock is given back
  const std::lock_guard lock(part.mutex);
  gone = part.files.put(name, content, kEntryBytes + name.size() + content->bytes.memory());
  return content;
}

std::optional<CacheFigures> FolderCache::figures() const {
  if (!device_) return std::nullopt;
  CacheFigures figures;
  for (const auto& part : parts_) {
    const std::lock_guard lock(part->mutex);
    figures.hits += part->hits;
    figures.misses += part->misses;
    figures.names += part->files.size();
    figures.memory_bytes += part->files.bytes();
  }
  return figures;
}

}  // namespace bramble
