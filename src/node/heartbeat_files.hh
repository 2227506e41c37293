// SPDX-License-Identifier: Apache-2.0
// Each set of bricks has a heartbeat of its own, as a worker of geo-replication carries the files
// of its set only, and one that hangs is seen by what does not arrive. GlusterFS places files by
// their names, and tells nobody beforehand where: so names are tried, one after the other, until
// one lies in the set.
//
//     heartbeat     lies in the second set: its
//     heartbeat-2   in the second, too: tried by the first in vain, and left as it is
//     heartbeat-3   in the first: its
//
// Where there is one set, the first name is its. Of several names that lie in a set the first in
// the order of text is.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "node/heartbeat.hh"

namespace bramble {

std::string heartbeat_name(std::size_t number);  // from 0

// Those that lie in this brick, in their order; a link to another set is none.
std::vector<std::string> heartbeats_in(const std::string& brick);

// The nodes in the cluster file's order, as sets of bricks.
class BeatSets {
 public:
  explicit BeatSets(std::vector<std::string> nodes);

  struct Seat {
    std::size_t set;
    std::size_t place;  // in it
  };

  std::size_t count() const;  // none: as one
  std::optional<Seat> seat_of(const std::string& node) const;

  // The newest of each set, by their writers. Where there is one set, anybody writes for it.
  std::vector<std::optional<Heartbeat>> newest(const std::vector<Heartbeat>& beats) const;

 private:
  std::vector<std::string> nodes_;
  std::size_t of_each_;
};

// Which file is the heartbeat of the set whose brick lies here.
class OwnHeartbeat {
 public:
  OwnHeartbeat(std::string brick, std::size_t sets) : brick_(std::move(brick)), sets_(sets) {}

  // One that may lack: it is tried by writing it. Nothing: it cannot be known, as the brick here
  // lacks files, or as no name that was tried lies in it.
  using IsThere = std::function<Result<bool>(const std::string& name)>;
  Result<std::optional<std::string>> name(const IsThere& is_there);

 private:
  std::string brick_;
  std::size_t sets_;
  std::size_t tried_ = 0;  // names, each of which lies in another set
};

}  // namespace bramble
