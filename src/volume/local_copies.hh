// SPDX-License-Identifier: Apache-2.0
// The local copies of large files that are kept, by who the file is, and which large files were
// asked for. What the disk does takes its time, to let go a large copy above all: nobody waits for
// it with the lock, and who only looks never does it.
//
// A copy that has to make room while it is filled is spoilt, so that its readers fill it no
// further; one that is complete is sent to its end. So the disk holds at most twice the bytes: what
// is kept, and as much that has made room and is still being sent; above that no copy is made.
//
// And it leaves the disk to others: no copy is made that would take the last tenth of it, and where
// less than half of that is free, one makes room at a time.
//
// Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "volume/local_copy.hh"
#include "volume/s3_fifo.hh"

namespace bramble {

struct DiskSpace {
  std::uint64_t free = 0;  // bytes; for who is not root
  std::uint64_t all = 0;
};
DiskSpace space_at(const std::string& folder);  // 0, 0: it cannot be told

struct CopiedContent {
  std::string_view id;  // who the file is
  Stamp stamp;
  std::uint64_t edition = 0;
};

class LocalCopies {
 public:
  using Space = std::function<DiskSpace(const std::string& folder)>;

  // In the folder; so many bytes, and so many copies, each of which is an open file.
  LocalCopies(std::string folder, std::uint64_t bytes_max, std::size_t copies_max,
              Space space = space_at);

  // nullptr: there is none. Does not block.
  std::shared_ptr<LocalCopy> find(const CopiedContent& of);

  // Made where this edition was asked for just before: most are not asked for again, or change more
  // often than that, and a copy costs as much as the reading. nullptr: there is none, and without
  // one it is only slower. By the source we hear of changes: it is held for as long as the copy is
  // kept.
  std::shared_ptr<LocalCopy> find_or_make(const CopiedContent& of,
                                          std::shared_ptr<const void> source);

  // To be called now and then: lets go what has made room and is sent, and one more where the disk
  // is nearly full. Waits for the disk.
  void let_go();

  // True the first time, which it remembers: the next, whatever edition it is of, is copied.
  bool asked_for_once(std::string_view id);

  struct Figures {
    std::uint64_t copies = 0;
    std::uint64_t bytes = 0;
  };
  Figures figures() const;

 private:
  using Pointer = std::shared_ptr<LocalCopy>;
  struct Kept {
    Pointer copy;
    std::uint64_t edition = 0;
    std::shared_ptr<const void> source;
  };
  Pointer find_locked(const CopiedContent& of);
  bool is_late(const CopiedContent& of);
  bool asked_before(const CopiedContent& of);
  bool has_room(std::uint64_t bytes) const;
  void leave(const std::function<std::vector<Kept>()>& who);
  bool disk_has_room(std::uint64_t bytes, std::uint64_t share) const;

  const std::string folder_;
  const std::uint64_t bytes_max_;
  const Space space_;
  const std::uint64_t bytes_min_;  // that one counts as, so that there are not too many
  mutable std::mutex mutex_;
  S3Fifo<Kept> copies_;
  S3Fifo<std::uint64_t> asked_once_;  // the edition that was
  std::vector<Kept> leaving_;         // what has made room, until nobody has it
};

}  // namespace bramble
