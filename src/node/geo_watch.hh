// SPDX-License-Identifier: Apache-2.0
// A thread that looks after geo-replication on a node: every ten seconds it asks the off-site
// machine for its newest heartbeat, looks at the worker here, and does what the supervisor says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hh"
#include "node/fetch.hh"
#include "node/geo_restart.hh"
#include "node/geo_supervisor.hh"
#include "node/geo_worker.hh"
#include "node/heartbeat.hh"
#include "node/repeating_thread.hh"

namespace bramble {

// What the off-site machine tells of its copy, out of its health document (which carries its
// vitals).
struct OffsiteWord {
  std::optional<WallTime> beat;  // the set of bricks' newest heartbeat; nothing: none has arrived
  std::optional<double> lag_seconds;        // as in the vitals
  std::optional<std::uint64_t> free_bytes;  // of its brick's file system
  double time =
      0;  // of the vitals, by its own clock: where it stands still, so does who writes them
};

// Error: it is no such document, or says itself that it does not see its volume.
Result<OffsiteWord> parse_offsite_word(const std::string& health, std::size_t set);

class GeoWatch {
 public:
  struct Options {
    GeoSession session;
    FetchTarget offsite;  // its health document
    std::string name;     // this machine's, as heartbeats name their writer
    std::size_t set = 0;  // of bricks, from 0: this machine's
    std::function<std::optional<Heartbeat>()> newest;  // of that set, on the volume; any thread
    GeoRestart::Gluster gluster = {};                  // nothing: the real one
  };

  struct Snapshot {
    OffsiteWord word;                                 // what off-site told last; old news are none
    std::optional<std::chrono::nanoseconds> missing;  // see MissingBeat; as of the last look
    std::string last_action;
  };

  GeoWatch(const Clock& clock, Options options);  // the clock must outlive the process

  Snapshot snapshot() const;

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;
  RepeatingThread thread_;
};

}  // namespace bramble
