// SPDX-License-Identifier: Apache-2.0
// A machine's vitals: what `bramble vitals` writes to /run/bramble/vitals.json every two seconds,
// for the web server's health document and for `bramble status`. Whoever reads it compares `time`
// with its own clock: an old file is a dead service.
//
//     {
//       "time": 1700000000.123,          seconds since 1970, when this was written
//       "name": "cluster01",
//       "role": "node",                  or "offsite", "balancer"
//       "uptime_seconds": 86400.5,
//       "load": [0.52, 0.41, 0.38],      over 1, 5, 15 minutes
//       "cpus": 4,
//       "memory": {"total_bytes": 4000000000, "available_bytes": 3100000000},
//       "temperature_celsius": 48.3,     the hottest zone; null: the kernel does not tell
//       "throttling": {                  a Raspberry Pi's; null elsewhere
//         "now": ["under-voltage"],      any of under-voltage, frequency-capped, throttled,
//         "since_boot": []               temperature-limit
//       },
//       "brick": {                       null on the balancer
//         "folder": "/srv/brick/web",
//         "mounted": true,               the folder is there, on its own filesystem where it should
//         "online": true,                a glusterfsd of ours serves it
//         "total_bytes": 30000000000, "free_bytes": 21000000000,
//         "heals_pending": 0             files that this brick knows to lack on another one; null:
//                                        it is not mounted
//       },
//       "volume": {                      null on the balancer
//         "name": "web",
//         "reachable": true,             it answered a look-up within the last ten seconds
//         "trouble": null,               why it is not reachable; where it is: why no heartbeat
//                                        could be written
//         "split_brain": 0               files whose bricks accuse each other, as GlusterFS tells:
//                                        it is asked each minute while this brick has had something
//                                        to heal for a minute; null: not known; off-site
//       },
//       "georeplication": {              null without an off-site machine, and on the balancer
//         "lag_seconds": 4.2,            how long the newest heartbeat took off-site; where another
//                                        is overdue or missing, its age; null: not known
//         "beat_time": 1700000000.1,     that heartbeat's own time; null: none has arrived
//         "beat_writer": "cluster01",    who wrote it, "" if none
//         "beats": [1700000000.1],       off-site: the newest heartbeat of each set of bricks, in
//                                        the cluster file's order; the oldest of them is told above
//         "worker": "Active",            this node's gsyncd: Active, Passive, Faulty, or
//                                        Initializing…; null off-site, or where there is none
//         "crawl": "Changelog Crawl",    what it does; null as above
//         "monitor": true,               the process that restarts workers is alive; null off-site
//         "last_action": null            what the supervisor did last, and why: one line
//       }
//     }
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hh"
#include "cluster/cluster.hh"

namespace bramble {

struct Throttling {
  std::vector<std::string> now;
  std::vector<std::string> since_boot;
};

struct MachineVitals {
  double uptime_seconds = 0;
  std::vector<double> load;  // three, or none
  unsigned cpus = 0;
  std::uint64_t memory_total_bytes = 0;
  std::uint64_t memory_available_bytes = 0;
  std::optional<double> temperature_celsius;
  std::optional<Throttling> throttling;
};

struct BrickVitals {
  std::string folder;
  bool mounted = false;
  bool online = false;
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::optional<std::uint64_t> heals_pending;
};

struct VolumeVitals {
  std::string name;
  bool reachable = false;
  std::string trouble;
  std::optional<std::uint64_t> split_brain;
};

struct GeoVitals {
  std::optional<double> lag_seconds;
  std::optional<double> beat_time;
  std::string beat_writer;
  std::vector<std::optional<double>> beats;
  std::optional<std::string> worker;
  std::optional<std::string> crawl;
  std::optional<bool> monitor;
  std::string last_action;
};

struct Vitals {
  WallTime time;
  std::string name;
  Role role = Role::kNode;
  MachineVitals machine;
  std::optional<BrickVitals> brick;
  std::optional<VolumeVitals> volume;
  std::optional<GeoVitals> georeplication;
};

// The document above, with a line end at its end.
std::string to_json(const Vitals& vitals);

// Seconds since 1970.
double unix_seconds(WallTime time);

}  // namespace bramble
