// SPDX-License-Identifier: Apache-2.0
// The heartbeat: a small file of the volume, /.bramble/heartbeat, that says when it was written;
// of several sets of bricks each has one (heartbeat_files.hh), and what follows is true of each.
// Geo-replication carries it to the off-site machine like any other file, and its content there
// tells how far behind the copy is. GlusterFS's own status is not believed: it says Active while a
// link is cut, while files arrive empty, and while nothing is copied at all. And it shows the
// nodes' web servers that bricks tell of changes (see gluster_cache.hh), also where nothing is
// copied.
//
// A write costs flash on every node and a journal that is never deleted (brick_changes.hh), so:
//
//     other things change ──► busy beats, 4 s apart ──► one quiet beat ──► quiet beats, 2 min apart
//              ▲                                                                 │
//              └─────────────────────────────────────────────────────────────────┘
//
// A busy beat promises another one soon; a quiet beat says that nothing but heartbeats has changed
// since the one before. So the reader knows which silence means something. Where nothing is copied,
// all are quiet. A quiet one comes sooner where the web server of a node has just been started.
//
// One writer is enough, and nobody is elected: each node looks at the file every two seconds, and
// the first node of the cluster file writes it when a beat is due, the second 4 s later, the third
// 8 s later, and so on. So the first living node writes, and the next takes over when it does not.
// Two writers at once do no harm.
//
// Clocks agree within two seconds (`bramble up` sees to it), and the lag is as right as they are.
// Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hh"
#include "node/brick_changes.hh"

namespace bramble {

inline constexpr std::string_view kHeartbeatFolder = ".bramble";
inline constexpr std::string_view kHeartbeatName = "heartbeat";
inline constexpr std::chrono::seconds kHeartbeatLook{2};

struct Heartbeat {
  WallTime time;       // to the millisecond
  std::string writer;  // a machine's name
  bool quiet = false;
};

// "bramble heartbeat 1700000000.123 quiet cluster01", padded to one size for all of them, so that a
// rewrite in place is one write and is never seen half done.
std::string format_heartbeat(const Heartbeat& beat);

// Nothing, where it is anything else.
std::optional<Heartbeat> parse_heartbeat(std::string_view content);

// Whether anything but heartbeats has changed on the volume since the newest heartbeat.
class ChangeWatch {
 public:
  // What one look shows. True also while it cannot be known: before a heartbeat was seen to come,
  // and where the brick does not count.
  bool changed(const std::optional<Heartbeat>& newest, const std::optional<Journals>& journals);

 private:
  std::optional<WallTime> newest_;
  std::optional<std::uint64_t> journal_;  // the newest when it came; nothing: not known
};

// Whether the node at that place of the cluster file (from 0) shall write now. Also where the last
// one seems to come from the future: a clock was wrong.
struct BeatQuestion {
  std::optional<Heartbeat> last;
  WallTime now;
  std::size_t place = 0;
  bool changed = true;
  bool awaited = false;  // by the web server here
};
bool shall_beat(const BeatQuestion& question);

// The lag of a copy where this is the newest heartbeat: how long it took to arrive, while no other
// is overdue; else its age. Nothing where nobody saw it arrive.
std::optional<std::chrono::nanoseconds> lag_of(const Heartbeat& newest, WallTime now,
                                               std::optional<std::chrono::nanoseconds> journey);

// Whether this one has arrived where that is the newest: it is the same, or later. But none from
// the future, which a clock that was wrong has written: those after it are earlier.
bool has_arrived(WallTime beat, const std::optional<WallTime>& newest_there, WallTime now);

// What the nodes know better than the copy, which waits for the next quiet beat in peace while busy
// ones do not come: for how long a heartbeat that was seen here has not been seen there.
class MissingBeat {
 public:
  // What one look shows. Nothing where the newest one has arrived.
  std::optional<std::chrono::nanoseconds> age(const std::optional<Heartbeat>& here,
                                              const std::optional<WallTime>& there, WallTime now);

 private:
  std::optional<WallTime> oldest_;  // that is missing
};

}  // namespace bramble
