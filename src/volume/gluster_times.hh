// SPDX-License-Identifier: Apache-2.0
// Sees to it that all bricks of a volume tell the same time of a file's last change.
//
// The self-heal daemon gives a brick that it heals the times that the file had when it began. What
// is written meanwhile comes to that brick, too, and its time is lost there again; content, size
// and the time of change (ctime) are the others', and nothing is left to be healed. (Seen with
// 10.3, in a half of the files that were written while they were healed.) So one node's readers
// would be told another version than the others' for ever.
//
// Mended by a new time for all of them, which is what `touch` would do, a millisecond after the
// newest one they have: never the newest one itself, as a write that comes in between would then
// make new content with the time of the old one.
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
  static constexpr std::chrono::milliseconds kAfterNewest{1};

  // Of the files of the brick that has this folder on this host, as the volume names both. Connects
  // when it is first asked: to the volume, and to each brick. No library: the real one.
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
  // Error: the volume or one of the bricks is not reached.
  Result<Found> mend(const Gfid& id, WallTime changed_since);

 private:
  Result<void> connect();
  Result<bool> ask(const Gfid& id, WallTime changed_since);
  Result<Found> set(const Gfid& id, const timespec& time);

  const GlusterAddress address_;
  const std::string host_, folder_;
  const GlusterLibrary* library_;
  std::shared_ptr<GlusterSession> volume_;
  std::string volfile_;  // by which the bricks were found
  std::vector<BrickVolfile> volfiles_;
  std::vector<std::shared_ptr<GlusterSession>> bricks_;  // the one here first
  std::vector<struct stat> told_;                        // by each of them, last
};

}  // namespace bramble
