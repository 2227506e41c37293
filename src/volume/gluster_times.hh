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

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.hh"
#include "volume/gfid.hh"
#include "volume/gluster_address.hh"

namespace bramble {

class GlusterBricks;
class GlusterSession;
struct GlusterLibrary;

// Blocks, for as long as GlusterFS does. One thread at a time.
class GlusterTimes {
 public:
  static constexpr std::chrono::milliseconds kAfterNewest{1};

  // Connects when it is first asked: to the volume, and to each brick.
  explicit GlusterTimes(GlusterAddress address, const GlusterLibrary* library = nullptr);
  ~GlusterTimes();
  GlusterTimes(const GlusterTimes&) = delete;
  GlusterTimes& operator=(const GlusterTimes&) = delete;

  enum class Found {
    kAlike,     // or no file, or one that has not changed since
    kChanging,  // what they tell differs in more than that time: ask again later
    kMended,
  };
  // Error: the volume or a brick is not reached, or the volume is not one replica of three.
  Result<Found> mend(const Gfid& id, WallTime changed_since);

 private:
  Result<void> connect();

  const GlusterAddress address_;
  const GlusterLibrary* library_;
  std::shared_ptr<GlusterSession> volume_;
  std::unique_ptr<GlusterBricks> bricks_;
};

}  // namespace bramble
