// SPDX-License-Identifier: Apache-2.0
// `bramble vitals`: the small root service of every machine that listens on nothing.
//
//     VolumePulse  a thread ──┐
//     GeoWatch     a thread ──┼──► every two seconds, on the caller's thread: vitals.json
//     /proc, /sys, the brick ─┘    and a look at the tunnel
//
// BrickSync, SilentPeers, HealedTimes and the end of kBrickToFill have a thread each, and tell
// nobody.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hh"
#include "cluster/cluster.hh"
#include "node/brick_sync.hh"
#include "node/geo_watch.hh"
#include "node/repeating_thread.hh"
#include "node/silent_peers.hh"
#include "node/split_brain.hh"
#include "node/tunnel_watch.hh"
#include "node/vitals.hh"
#include "node/volume_pulse.hh"

namespace bramble {

class VitalsService {
 public:
  struct Options {
    Cluster cluster;
    std::string machine;  // one of the cluster's
    std::string file;     // where the vitals go; its folder is made
  };

  VitalsService(const Clock& clock, Options options);  // the clock must outlive the process

  // Until SIGTERM or SIGINT (catch_interrupts must have been called). Error: the file cannot be
  // written.
  Result<void> run();

 private:
  Vitals read() const;
  GeoVitals read_georeplication() const;

  const Clock& clock_;
  Options options_;
  Machine machine_;
  std::shared_ptr<VolumePulse> pulse_;  // the watch asks it, too
  std::unique_ptr<GeoWatch> watch_;
  std::unique_ptr<TunnelWatch> tunnel_;
  std::unique_ptr<SilentPeers> silent_;
  std::unique_ptr<BrickSync> sync_;
  std::unique_ptr<RepeatingThread> healed_times_;
  std::unique_ptr<RepeatingThread> brick_to_fill_;
  std::unique_ptr<SplitBrain> split_brain_;
};

}  // namespace bramble
