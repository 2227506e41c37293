// SPDX-License-Identifier: Apache-2.0
// A folder of the brick that is on this machine's own disk, read past GlusterFS.
//
//     DiskTime::now() ─► the brick is asked ─► what the disk has not changed since
//                                              is as the brick said
//
// The kernel sets the time of change (ctime) of whatever is changed: of a file whose bytes, owner,
// mode or other attributes are, before its bytes are; of all that is linked, or renamed, and of the
// folders that this is in. Nobody can set it to anything else. So nothing has taken the place of
// what has an older one than the question to the brick, neither of a folder on the way here, nor of
// a file; and no byte of it is another.
//
// Only the clock could lie, were it set back. As its ticks are 10 ms apart, and a clock may be
// slowed, what has changed in the last 0.1 s before the question counts as changed.
//
// Any thread. Blocks as the disk does.
#pragma once

#include <time.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble {

// A moment, by the clock that the kernel dates changes by.
struct DiskTime {
  timespec date = {};
  timespec running = {};  // since the machine's start, which nobody sets

  static DiskTime now();
  // Whether this date of a change is older than the moment, and surely so.
  bool is_after(const timespec& change) const;
  // Whether a change from here on would be dated so that it can be told.
  bool still_tells(const DiskTime& later) const;
};

class DiskFolder {
 public:
  // Of the folder at `path` in the brick, "a/b". The brick was asked for it after that time.
  // Error ESTALE: it, or a folder above it, has changed since; EXDEV: it is on a kind of file
  // system whose times are not known to be the kernel's, or not on the brick's own; else the
  // system's: above all, it is not here, or not ours to look at.
  static Result<DiskFolder> open(const std::string& brick, std::string_view path,
                                 const DiskTime& asked);

  // The content of a file of so many bytes. Error ESTALE: it may have changed since then.
  Result<std::string> read(const std::string& name, std::size_t size) const;

 private:
  DiskFolder(UniqueFd folder, const DiskTime& asked) : folder_(std::move(folder)), asked_(asked) {}

  UniqueFd folder_;
  DiskTime asked_;
};

}  // namespace bramble
