// SPDX-License-Identifier: Apache-2.0
// What geo-replication leaves in files on this node: it tells in microseconds what `gluster volume
// geo-replication … status` tells in seconds, and also while a peer is down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bramble {

// One session: from which volume, to where.
struct GeoSession {
  std::string volume;          // "web"
  std::string target;          // "geoaccount@cluster04::web-offsite"
  std::string offsite;         // "cluster04"
  std::string offsite_volume;  // "web-offsite"
  std::string state_folder = "/var/lib/glusterd/geo-replication";
  std::string run_folder = "/run/gluster";
  std::string restart_mark = "/var/lib/bramble/georep-restart";  // see GeoRestart
};

// What a worker says that it has under way, and how far it has come: all of it counts what it takes
// out of the brick's journals.
struct GeoProgress {
  std::uint64_t pending = 0;            // names, contents and attributes that wait to be copied
  std::uint64_t last_synced = 0;        // seconds since 1970: all before that is copied
  std::uint64_t last_synced_names = 0;  // likewise, names only
  bool operator==(const GeoProgress&) const = default;
};

struct GeoWorker {
  bool created = false;               // there is a session at all
  bool wanted = false;                // it was started, and nobody has stopped or paused it since
  bool monitor = false;               // the process that restarts workers is alive
  std::optional<std::string> status;  // "Active", "Passive", "Faulty", "Initializing..."
  std::optional<std::string> crawl;   // "Changelog Crawl", "History Crawl", "Hybrid Crawl"
  GeoProgress progress;
};

GeoWorker read_geo_worker(const GeoSession& session);

// How many bytes the programs that carry files off-site have read so far; nothing where none runs.
std::optional<std::uint64_t> bytes_carried();

}  // namespace bramble
