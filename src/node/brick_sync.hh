// SPDX-License-Identifier: Apache-2.0
// Writes to the disk every four seconds what the filesystem of a brick has in memory (syncfs).
//
// XFS alone takes half a minute, and gives back empty or no files after a loss of power. That hits
// all nodes of a house at once, so replicas are no help; and geo-replication, which carries changes
// within seconds, would keep off-site what home has forgotten. Where nothing was written it costs
// nothing (seen: no write in 8 s); on ext4 it is what its commit interval does.
#pragma once

#include <string>

#include "node/repeating_thread.hh"

namespace bramble {

class BrickSync {
 public:
  // It may come later, and be mounted anew. What cannot be written is logged, once.
  explicit BrickSync(const std::string& folder);

 private:
  RepeatingThread thread_;
};

}  // namespace bramble
