// SPDX-License-Identifier: Apache-2.0
// A folder of the brick that is on this machine's own disk, read past GlusterFS.
//
//     DiskTime::now() ─► the brick is asked ─► what the disk has not changed since
//                                              is as the brick said
//
// The kernel sets the time of change (ctime) of whatever is changed: of a file whose bytes, owner,
// mode or other attributes are, before its bytes are (of holes since Linux 5.18; a file that is
// shortened has another size first); of all that is linked, or renamed, and of the folders that
// this is in. Nobody can set it to anything else. So nothing has taken the place of what has an
// older one than the question to the brick, neither of a folder on the way here, nor of a file;
// and no byte of it is another, but those of a write that was dated before and is still being made.
// That is GlusterFS's to tell: it notes a write before it is made (see gluster_pending.hh), and
// dates the file once more after it.
//
// Only the clock could lie, were it set back: that is noticed, unless it is set on again before
// anybody reads. As its ticks are 10 ms apart, what has changed in the last 0.1 s before the
// question counts as changed.
//
// Any thread. Blocks as the disk does.
#pragma once

#include <sys/stat.h>
#include <time.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble {

// A moment, by the clock that the kernel dates changes by.
struct DiskTime {
  timespec date = {};
  timespec running = {};  // since the machine's start, which nobody sets; of the same moment

  static DiskTime now();
  // Whether this date of a change is older than the moment, and surely so.
  bool is_after(const timespec& change) const;
  // Whether a change from here on would be dated so that it can be told.
  bool still_tells(const DiskTime& later) const;
};

class DiskFolder {
 public:
  // Of the folder at `path` in the brick, "a/b". The brick was asked for it after that time.
  // Error ESTALE: it, or a folder above it, has changed since; EXDEV: it is on another file system
  // than the brick, or on a kind of which it is not known that the kernel dates it; else the
  // system's: above all, it is not here, or not ours to look at.
  static Result<DiskFolder> open(const std::string& brick, std::string_view path,
                                 const DiskTime& asked);

  // The content of a file that the brick listed like this. Error ESTALE: it may have changed since
  // then, or it is not the brick's (which has one link more to each, below .glusterfs).
  Result<std::string> read(const std::string& name, const struct stat& listed) const;

 private:
  DiskFolder(UniqueFd folder, const DiskTime& asked) : folder_(std::move(folder)), asked_(asked) {}

  UniqueFd folder_;
  DiskTime asked_;
};

}  // namespace bramble
