// SPDX-License-Identifier: Apache-2.0
#include "node/geo_supervisor.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hh"
#include "node/heartbeat.hh"

namespace bramble {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kDeadFor{30};         // a monitor that is just being restarted by somebody else
constexpr seconds kStartWait{60};       // after a start, for the monitor to come; doubles
constexpr int kDoublingsMax = 4;        // of it: 16 minutes
constexpr int kFailuresAtOnce = 5;      // of starts, before the waits of those that did not help
constexpr seconds kPatience{60};        // of the node that copies; ten times what a heartbeat needs
constexpr seconds kPatienceIfIdle{25};  // of one that says that nothing is to be copied
constexpr minutes kPatienceIfNobodyCopies{15};
constexpr int kPatienceDoublingsMax = 10;

seconds usual_patience(const GeoObservation& seen) {
  if (!seen.active) return kPatienceIfNobodyCopies;
  return seen.follows && seen.progress.pending == 0 ? kPatienceIfIdle : kPatience;
}

// From one look to the next.
bool fills_by_more_than_logs(std::optional<std::uint64_t> free,
                             std::optional<std::uint64_t> before) {
  constexpr std::uint64_t kBytes = 256 * 1024;  // in ten seconds: 0.2 Mbit/s
  return free && before && *free + kBytes <= *before;
}

}  // namespace

GeoDecision GeoSupervisor::observe(const GeoObservation& seen) {
  counted_ = false;
  if (seen.start_owed) return see_to_owed_start(seen);
  if (!seen.wanted) {
    *this = GeoSupervisor();
    return {};
  }
  GeoDecision decision = see_to_monitor(seen);
  if (decision.action != GeoDecision::Action::kNone) return decision;
  return see_to_crawl(seen);
}

GeoDecision GeoSupervisor::see_to_monitor(const GeoObservation& seen) {
  if (seen.monitor) {
    dead_since_.reset();
    failures_ = 0;
    if (started_ && seen.now - *started_ > kStartWait) starts_ = 0;
    return {};
  }
  if (!dead_since_) dead_since_ = seen.now;
  const auto wait = kStartWait * (1 << std::min(starts_, kDoublingsMax));
  if (seen.now - *dead_since_ < kDeadFor) return {};
  if (started_ && seen.now - *started_ < wait) return {};
  if (!may_try(seen.now)) return {};
  started_ = seen.now;
  ++starts_;
  counted_ = true;
  return {.action = GeoDecision::Action::kStart,
          .why = fmt::format("its monitor on this node has been dead for {}",
                             human_duration(seen.now - *dead_since_))};
}

GeoDecision GeoSupervisor::see_to_owed_start(const GeoObservation& seen) {
  if (!may_try(seen.now)) return {};
  return {.action = GeoDecision::Action::kStart, .why = "its last restart is unfinished"};
}

bool GeoSupervisor::may_try(Monotonic now) {
  const int doublings = std::min(failures_ - kFailuresAtOnce, kDoublingsMax);
  if (failures_ >= kFailuresAtOnce && now - *tried_ < kStartWait * (1 << doublings)) return false;
  tried_ = now;
  return true;
}

void GeoSupervisor::failed() {
  ++failures_;
  if (!std::exchange(counted_, false)) return;
  started_.reset();
  --starts_;
}

// Whether anything has arrived, was sent or was done since the last observation.
bool GeoSupervisor::moved(const GeoObservation& seen) {
  const bool arrived = seen.beat_there != beat_there_;
  const bool carried = seen.bytes_carried && seen.bytes_carried != bytes_carried_;
  const bool fills = !seen.active && fills_by_more_than_logs(seen.free_there, free_there_);
  if (arrived) restarts_ = 0;
  beat_there_ = seen.beat_there;
  bytes_carried_ = seen.bytes_carried;
  free_there_ = seen.free_there;
  const bool advanced = std::exchange(progress_, seen.progress) != seen.progress;
  return arrived || carried || fills || advanced;
}

GeoDecision GeoSupervisor::see_to_crawl(const GeoObservation& seen) {
  const bool judges = seen.active || seen.writer;
  if (!seen.monitor || !seen.offsite_answers || !seen.beat_here || !judges) {
    still_since_.reset();
    return {};
  }
  const bool has_moved = moved(seen);
  if (has_moved || has_arrived(*seen.beat_here, seen.beat_there, seen.wall)) {
    still_since_.reset();
    return {};
  }
  if (!still_since_) still_since_ = seen.now;
  const seconds patience = usual_patience(seen) * (1 << std::min(restarts_, kPatienceDoublingsMax));
  const auto still = seen.now - *still_since_;
  if (still < patience) return {};
  still_since_.reset();
  ++restarts_;
  return {.action = GeoDecision::Action::kRestart,
          .why = fmt::format("nothing has arrived off-site for {}, though it answers",
                             human_duration(still))};
}

}  // namespace bramble
