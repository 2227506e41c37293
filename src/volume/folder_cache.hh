// SPDX-License-Identifier: Apache-2.0
// Small files of a folder, kept in memory. Each time that one is asked for it is opened, as its
// name may lead elsewhere by now, even out of the folder; but where that is the same inode with the
// same time of change (ctime), which nobody can set, its bytes are the same, too, and need not be
// read.
//
// But for two writers: one that has the file mapped, whose first byte only is dated until what it
// has written goes to the disk, half a minute later; and one whose call hangs, which is dated when
// it begins. So only files are kept that have not changed for a minute.
#pragma once

#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/unique_fd.hh"
#include "volume/file_content.hh"
#include "volume/s3_fifo.hh"

namespace bramble {

// Any thread.
class FolderCache {
 public:
  struct Options {
    std::uint64_t memory_bytes = 0;          // for all that it keeps; 0: nothing
    std::chrono::seconds unchanged_for{60};  // before it is kept
  };

  static constexpr std::uint64_t kFileBytesMax = 32 * 1024;

  // Nothing is kept where nobody dates the folder's files' changes, nor of other file systems that
  // are mounted in it.
  FolderCache(const UniqueFd& folder, const Options& options);

  // What the name, "a/b.html", leads to, which was found to be this; nullptr: it is not here.
  std::shared_ptr<const FileContent> find(std::string_view name, const struct stat& found);

  // Reads the file that the name was found to lead to, and keeps it; nullptr where that may not be.
  std::shared_ptr<const FileContent> keep(std::string_view name, const UniqueFd& file,
                                          const struct stat& found);

  std::optional<CacheFigures> figures() const;  // nothing: it keeps nothing

 private:
  using Content = std::shared_ptr<const FileContent>;
  struct Part {
    explicit Part(std::uint64_t bytes_max) : files(bytes_max) {}
    mutable std::mutex mutex;
    S3Fifo<Content> files;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };
  static constexpr std::size_t kParts = 16;  // so that threads seldom wait for each other

  Part& part_of(std::string_view name);
  bool may_be_kept(const struct stat& found) const;
  bool same(const FileContent& content, const struct stat& found) const;

  const Options options_;
  std::optional<dev_t> device_;  // of all that is kept
  std::array<std::unique_ptr<Part>, kParts> parts_;
};

}  // namespace bramble
