// SPDX-License-Identifier: Apache-2.0
// A thread that looks at the volume every two seconds: whether it answers, what the newest
// heartbeats are; and on a node, which looks at that of its own set of bricks only, writes the next
// one when it is its turn.
//
// A thread of its own, since GlusterFS may hang for as long as a peer is silent: the snapshot never
// does.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hh"
#include "node/heartbeat.hh"
#include "node/heartbeat_files.hh"
#include "node/repeating_thread.hh"
#include "volume/gluster_address.hh"

namespace bramble {

struct GlusterLibrary;

class VolumePulse {
 public:
  struct Options {
    GlusterAddress address;          // of the volume; its path is not used
    std::string name;                // this machine's
    std::vector<std::string> nodes;  // in the cluster file's order; who is none of them only looks
    std::string brick;               // the folder of the volume's brick here
    bool copied = true;              // off-site: so heartbeats come as often as changes
    std::function<bool()> awaited;   // whether a heartbeat is, by the web server here; or nullptr
    const GlusterLibrary* library = nullptr;  // nothing: the real one
  };

  struct Beat {
    std::optional<Heartbeat> newest;                  // what was last seen or written
    std::optional<std::chrono::nanoseconds> journey;  // its own, if it was seen to arrive
  };
  struct Snapshot {
    bool reachable = false;   // it answered within the last ten seconds
    std::string trouble;      // why not, or else why it is not written
    std::vector<Beat> beats;  // of each set of bricks
  };

  VolumePulse(const Clock& clock, Options options);  // the clock must outlive the process

  Snapshot snapshot() const;

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;
  RepeatingThread thread_;
};

}  // namespace bramble
