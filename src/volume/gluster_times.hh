// SPDX-License-Identifier: Apache-2.0
// Sees to it that all bricks of a volume tell the same time of a file's last change.
//
// The self-heal daemon gives a brick that it heals the times that the file had when it began. What
// is written meanwhile comes to that brick, too, and its time is lost there again; content, size
// and the time of change (ctime) are the others', and nothing is left to be healed. (Seen with
// 10.3, in about half of the files that were written while they were healed.) So for ever one
// node's readers are told another version than the others': where the size is the same, that of
// the content before.
//
// Mended by a new time for all of them, as `touch` would do it: some milliseconds after the newest
// one that they have. It is never one that a write made, so that content which is written in
// between has no version that was told before; and each brick's machine takes another number of
// milliseconds, as two may mend the same file. (Nor is it the clock's: a brick keeps the later time
// of two writes, and would not see any while a clock that is ahead is not reached.)
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hh"
#include "volume/gfid.hh"
#include "volume/gluster_address.hh"
#include "volume/gluster_volfile.hh"

namespace bramble {

class GlusterSession;
struct GlusterLibrary;

// Blocks, for as long as GlusterFS does. One thread at a time.
class GlusterTimes {
 public:
  // Of the files of the brick that has this folder on this host, as the volume names both. No
  // library: the real one.
  GlusterTimes(GlusterAddress address, std::string host, std::string folder,
               const GlusterLibrary* library = nullptr);
  ~GlusterTimes();
  GlusterTimes(const GlusterTimes&) = delete;
  GlusterTimes& operator=(const GlusterTimes&) = delete;

  enum class Found {
    kAlike,     // or no file, or one that has not changed since
    kChanging,  // what they tell differs in more than that time: ask again later
    kMended,
  };
  // To the volume, and to each brick that has a copy, as far as that was not done; to be called
  // before some files are mended.
  Result<void> connect();
  // Error ENOTCONN: a brick or the volume is not reached; any other is the file's.
  Result<Found> mend(const Gfid& id, WallTime changed_since);

 private:
  Result<bool> ask(const Gfid& id, WallTime changed_since);
  Result<Found> set_later_than(const Gfid& id, const struct stat& newest);

  const GlusterAddress address_;
  const std::string host_, folder_;
  const GlusterLibrary* library_;
  std::shared_ptr<GlusterSession> volume_;
  std::string volfile_;  // by which the bricks were found
  std::vector<BrickVolfile> volfiles_;
  std::vector<std::shared_ptr<GlusterSession>> bricks_;
  std::size_t here_ = 0;           // which of them
  std::vector<struct stat> told_;  // by each of them, last
};

}  // namespace bramble
