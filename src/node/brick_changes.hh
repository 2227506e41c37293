// SPDX-License-Identifier: Apache-2.0
// Whether a volume has changed, as its brick here counts it for geo-replication: every few seconds
// (changelog.rollover-time) in which something changed end with one journal more in
// .glusterfs/changelogs. The journals are kept for ever, so that whoever writes all the time fills
// the brick: a heartbeat every four seconds would be 20,000 files and 86 MB a day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bramble {

struct ChangeCount {
  std::string index;        // the list that counts; another one begins at 0 again
  std::uint64_t count = 0;  // journals so far

  friend bool operator==(const ChangeCount&, const ChangeCount&) = default;
};

// Nothing, where this brick keeps no journals, or is not there. Needs root.
std::optional<ChangeCount> read_change_count(const std::string& brick_folder);

}  // namespace bramble
