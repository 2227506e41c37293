// SPDX-License-Identifier: Apache-2.0
// Small files of a folder, kept in memory. Each time that one is asked for, the kernel is asked by
// one stat whether its name still leads to the same inode, with the same time of change (ctime),
// which nobody can set: then its bytes are the same, too.
//
// But for a writer that has the file mapped: the kernel dates its first byte only, until what it
// has written goes to the disk, half a minute later. So only files are kept that have not changed
// for a while.
#pragma once

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/unique_fd.hh"
#include "volume/file_content.hh"
#include "volume/s3_fifo.hh"

namespace bramble {

// Any thread.
class FolderCache {
 public:
  struct Options {
    std::uint64_t memory_bytes = 0;  // for all that it keeps; 0: nothing
    std::uint64_t file_bytes_max = 32 * 1024;
    std::chrono::seconds unchanged_for{60};  // before it is kept
  };

  // The folder outlives it. Nothing is kept where nobody dates its files' changes, nor of other
  // file systems that are mounted in it.
  FolderCache(const UniqueFd& folder, const Options& options);

  // What the name, "a/b.html", leads to; nullptr: it is not here, or no longer.
  std::shared_ptr<const FileContent> find(const std::string& name);

  // Reads the file that the name was found to lead to, and keeps it; nullptr where that may not be.
  std::shared_ptr<const FileContent> keep(const std::string& name, const UniqueFd& file,
                                          const struct stat& found);

  std::optional<CacheFigures> figures() const;  // nothing: it keeps nothing

 private:
  struct Kept;
  using KeptPointer = std::shared_ptr<const Kept>;
  struct Part {
    explicit Part(std::uint64_t bytes_max) : files(bytes_max) {}
    mutable std::mutex mutex;
    S3Fifo<KeptPointer> files;
    std::atomic<std::uint64_t> hits{0};
    std::atomic<std::uint64_t> misses{0};
  };
  static constexpr std::size_t kParts = 16;  // so that threads seldom wait for each other

  Part& part_of(std::string_view name);
  bool may_be_kept(const struct stat& found) const;

  const UniqueFd& folder_;
  const Options options_;
  std::optional<dev_t> device_;
  std::array<std::unique_ptr<Part>, kParts> parts_;
};

}  // namespace bramble
