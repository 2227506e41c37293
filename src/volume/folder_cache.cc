// SPDX-License-Identifier: Apache-2.0
#include "volume/folder_cache.hh"

#include <fcntl.h>
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

struct FolderCache::Kept {
  FileContent content;
  dev_t device;
  ino_t inode;

  bool is(const struct stat& now) const {
    return now.st_ino == inode && now.st_dev == device && content.stamp == Stamp(now);
  }
};

FolderCache::FolderCache(const UniqueFd& folder, const Options& options)
    : folder_(folder), options_(options) {
  struct stat status = {};
  if (options.memory_bytes > 0 && dated_by_the_kernel(folder) &&
      ::fstat(folder.get(), &status) == 0)
    device_ = status.st_dev;
  for (auto& part : parts_) part = std::make_unique<Part>(options.memory_bytes / kParts);
}

FolderCache::Part& FolderCache::part_of(std::string_view name) {
  return *parts_[std::hash<std::string_view>()(name) / 7 % kParts];
}

std::shared_ptr<const FileContent> FolderCache::find(const std::string& name) {
  if (!device_) return nullptr;
  Part& part = part_of(name);
  KeptPointer kept;
  {
    const std::lock_guard lock(part.mutex);
    if (const KeptPointer* const found = part.files.find(name)) kept = *found;
  }
  struct stat now = {};
  if (kept != nullptr && ::fstatat(folder_.get(), name.c_str(), &now, 0) == 0 && kept->is(now)) {
    part.hits.fetch_add(1, std::memory_order_relaxed);
    return {kept, &kept->content};
  }
  part.misses.fetch_add(1, std::memory_order_relaxed);
  if (kept == nullptr) return nullptr;
  const std::lock_guard lock(part.mutex);
  part.files.erase(name);
  return nullptr;
}

bool FolderCache::may_be_kept(const struct stat& found) const {
  if (found.st_dev != device_ || !S_ISREG(found.st_mode)) return false;
  if (static_cast<std::uint64_t>(found.st_size) > options_.file_bytes_max) return false;
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec - found.st_ctim.tv_sec >= options_.unchanged_for.count();
}

std::shared_ptr<const FileContent> FolderCache::keep(const std::string& name, const UniqueFd& file,
                                                     const struct stat& found) {
  if (!may_be_kept(found)) return nullptr;
  const std::string bytes = first_bytes(file, static_cast<std::size_t>(found.st_size));
  const auto kept = std::make_shared<const Kept>(Kept{.content = {.bytes = HeadedBytes(bytes),
                                                                  .whole = true,
                                                                  .status = file_status(found),
                                                                  .stamp = Stamp(found),
                                                                  .room = nullptr},
                                                      .device = found.st_dev,
                                                      .inode = found.st_ino});
  struct stat now = {};
  if (bytes.empty() || ::fstat(file.get(), &now) != 0 || !kept->is(now)) return nullptr;
  Part& part = part_of(name);
  std::vector<KeptPointer> gone;  // when the lock is given back
  const std::lock_guard lock(part.mutex);
  gone = part.files.put(name, kept, kEntryBytes + name.size() + kept->content.bytes.memory());
  return {kept, &kept->content};
}

std::optional<CacheFigures> FolderCache::figures() const {
  if (!device_) return std::nullopt;
  CacheFigures figures;
  for (const auto& part : parts_) {
    figures.hits += part->hits.load(std::memory_order_relaxed);
    figures.misses += part->misses.load(std::memory_order_relaxed);
    const std::lock_guard lock(part->mutex);
    figures.names += part->files.size();
    figures.memory_bytes += part->files.bytes();
  }
  return figures;
}

}  // namespace bramble
