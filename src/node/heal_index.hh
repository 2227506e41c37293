// SPDX-License-Identifier: Apache-2.0
// A brick's index of the files of which another brick misses a write: each is a name in
// .glusterfs/indices/xattrop, its gfid, from when the other missed it until it was healed. Beside
// them lies their common base, "xattrop-UUID".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.hh"
#include "volume/gfid.hh"

namespace bramble {

// How many are to be healed; counts to 100,000. Needs root, as a brick's inner folders are root's.
std::uint64_t heals_pending(const std::string& brick_folder);

// Tells which files were healed: by inotify, so that none is missed that comes and goes between two
// looks. One thread.
class HealIndex {
 public:
  // The brick may come and go.
  explicit HealIndex(const std::string& brick_folder);

  // Those that were healed since the last call, or since the brick came; most often none. Does not
  // wait. What the kernel dropped, as there was too much of it, is logged.
  std::vector<Gfid> healed();

 private:
  void watch();

  const std::string folder_;
  const UniqueFd events_;
  int watch_ = -1;
  int told_ = 0;  // the last errno of watching it
};

}  // namespace bramble
