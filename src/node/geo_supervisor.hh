// SPDX-License-Identifier: Apache-2.0
// When geo-replication has to be helped, decided from what can be seen. Pure: one observation in,
// one decision out, some ten seconds apart.
//
// Two things go wrong with it (seen with GlusterFS 10.3):
//   1. The monitor, the process that restarts its workers, dies: at boot, when the off-site machine
//      does not answer. Nobody starts it again. Every node sees to its own: `start force`.
//   2. The crawl hangs, after a change of settings for one, or after a loss of power, when the new
//      worker has caught up and is told of none of the journals that the brick writes from then on:
//      no file is copied any more, and the status is fine. Stop and start cure it.
//
//     heartbeats arrive ──► well ◄──────────────── a newer heartbeat has arrived
//                            │ one is on its way, and the off-site machine answers
//                            ▼
//                          waiting ─ no newer heartbeat, no byte on its way and no progress for
//                            ▲       the whole patience ──► restart; the patience doubles
//                            └────────────────────────────┘
//
// A link that is cut is no hang: while the off-site machine does not answer, nothing is judged. A
// large file takes its time, and so do many names: while bytes are on their way, or the worker
// tells of progress, nothing is judged either; and as a restart would begin a transfer anew, the
// patience doubles until a heartbeat arrives. It is short where the worker follows the journals and
// says that nothing is pending: a heartbeat is, then. The node whose worker is Active judges, since
// it sees all that. Where there is none, all Passive, the writer of the heartbeat judges, with a
// longer patience: and as it cannot know that there is none, it takes a copy that fills for a
// transfer of another node's.
//
// Of several sets of bricks each has its heartbeat, and its own nodes judge by that.
//
// What somebody has stopped or paused on purpose stays so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hh"
#include "node/geo_worker.hh"

namespace bramble {

struct GeoObservation {
  Monotonic now;
  WallTime wall;                       // now, as heartbeats tell it
  bool wanted = false;                 // the session was started, and not stopped since
  bool start_owed = false;             // we have stopped it, and not started it since
  bool monitor = false;                // this node's monitor is alive
  bool active = false;                 // this node's worker copies, the heartbeat with the rest
  bool writer = false;                 // this node writes the heartbeat
  bool offsite_answers = false;        // the off-site machine told of its newest heartbeat
  std::optional<WallTime> beat_here;   // the newest heartbeat on the volume
  std::optional<WallTime> beat_there;  // and on the off-site copy
  std::optional<std::uint64_t> bytes_carried;  // by this node
  std::optional<std::uint64_t> free_there;     // bytes, of the off-site brick's file system
  bool follows = false;  // this node's worker has caught up, and reads journals as they are written
  GeoProgress progress;  // of it
};

struct GeoDecision {
  enum class Action : std::uint8_t { kNone, kStart, kRestart };
  Action action = Action::kNone;
  std::string why;  // for the log; empty for kNone
};

class GeoSupervisor {
 public:
  GeoDecision observe(const GeoObservation& seen);

  // What it decided on did not come about: another node's command was under way, say. A start is
  // decided on again at the next observation, some times, and then less and less often.
  void failed();

 private:
  GeoDecision see_to_owed_start(const GeoObservation& seen);
  GeoDecision see_to_monitor(const GeoObservation& seen);
  GeoDecision see_to_crawl(const GeoObservation& seen);
  bool moved(const GeoObservation& seen);

  // The monitor: since when it is dead, when it was last started, and how long to wait then.
  std::optional<Monotonic> dead_since_;
  std::optional<Monotonic> started_;
  int starts_ = 0;
  bool counted_ = false;  // the last decision is one of these

  // Starts that failed, in a row.
  bool may_try(Monotonic now);
  std::optional<Monotonic> tried_;
  int failures_ = 0;

  // The crawl.
  std::optional<Monotonic> still_since_;
  std::optional<WallTime> beat_there_;
  std::optional<std::uint64_t> bytes_carried_;
  std::optional<std::uint64_t> free_there_;
  GeoProgress progress_;
  int restarts_ = 0;  // since a heartbeat has arrived
};

}  // namespace bramble
