// SPDX-License-Identifier: Apache-2.0
// Looks which files GlusterFS has healed, and sees to it that their bricks tell the same time of
// each (gluster_times.hh says why they may not).
//
//     HealIndex ──► gone from the index ──► at the next look: GlusterTimes ──► alike, or mended
//                                                                          └─► changing: later
//
// On every node, since the index is that of the bricks which were well. Connects to the volume when
// the first file was healed.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "base/clock.hh"
#include "node/heal_index.hh"
#include "volume/gluster_address.hh"
#include "volume/gluster_times.hh"

namespace bramble {

// One thread.
class HealedTimes {
 public:
  static constexpr std::chrono::seconds kEvery{2};  // it wants to look
  static constexpr std::size_t kAtALook = 1'000;    // files; the others wait for the next

  // Of the volume, which has a brick in this folder of this machine, by its name. The clock must
  // outlive it; no library: the real one.
  HealedTimes(const Clock& clock, GlusterAddress address, std::string machine,
              const std::string& brick, const GlusterLibrary* library = nullptr);

  // Blocks, for as long as GlusterFS does. Troubles are logged; it rests for half a minute then.
  void look();

 private:
  struct Waiting {
    Gfid id;
    WallTime healed;
    int tries = 0;
  };

  Result<void> mend_some();
  Result<void> mend(Waiting file);
  void try_again(Waiting file, const std::string& why);
  void add(const std::vector<Gfid>& healed);

  const Clock& clock_;
  const std::string volume_;
  HealIndex index_;
  GlusterTimes times_;
  std::deque<Waiting> waiting_;
  int looks_to_rest_ = 0;
  std::string trouble_;
  std::size_t mended_ = 0;  // at this look
  bool full_ = false;
};

}  // namespace bramble
