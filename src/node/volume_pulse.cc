// SPDX-License-Identifier: Apache-2.0
#include "node/volume_pulse.hh"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "base/log.hh"
#include "base/text.hh"
#include "volume/gluster_note.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kReachableFor{10};

}  // namespace

struct VolumePulse::Shared {
  Shared(const Clock& c, Options o) : clock(c), options(std::move(o)), began(c.now()) {}

  const Clock& clock;
  const Options options;
  const Monotonic began;

  std::mutex mutex;
  std::condition_variable stopped;
  bool stopping = false;
  std::optional<Monotonic> answered;
  std::string trouble = "still connecting";
  std::optional<Heartbeat> newest;
  std::optional<std::chrono::nanoseconds> journey;

  void note(const Error& error) {
    const std::lock_guard lock(mutex);
    if (trouble != error.what) log::warning("volume {}: {}", options.address.volume, error.what);
    trouble = error.what;
  }
  void note(const std::optional<Heartbeat>& beat) {
    const std::lock_guard lock(mutex);
    if (!trouble.empty()) log::info("volume {} answers", options.address.volume);
    trouble.clear();
    // What was there at the first look may have arrived at any time.
    if (beat && (!newest || newest->time != beat->time))
      journey = answered ? std::optional(clock.wall() - beat->time) : std::nullopt;
    answered = clock.now();
    newest = beat;
  }
};

namespace {

// One look, and one write where it is our turn. Gives the newest heartbeat.
Result<std::optional<Heartbeat>> look(GlusterNote& note, const Clock& clock,
                                      const VolumePulse::Options& options, ChangeWatch& changes) {
  const std::optional<std::string> content = TRY(note.read());
  std::optional<Heartbeat> newest = content ? parse_heartbeat(*content) : std::nullopt;
  if (!options.place) return newest;
  // Read before the write: a journal that ends in between is then not taken for the heartbeat's.
  const std::optional<Journals> journals = read_journals(options.brick);
  const bool changed = changes.changed(newest, journals);
  const WallTime now = clock.wall();
  if (!shall_beat({.last = newest, .now = now, .place = *options.place, .changed = changed}))
    return newest;
  const std::string text =
      format_heartbeat({.time = now, .writer = options.name, .quiet = !changed});
  TRY(note.write(text));
  newest = parse_heartbeat(text);  // as it will be read: to the millisecond
  (void)changes.changed(newest, journals);
  return newest;
}

}  // namespace

VolumePulse::VolumePulse(const Clock& clock, Options options)
    : shared_(std::make_shared<Shared>(clock, std::move(options))) {
  BRAMBLE_CHECK(thread_.try_submit([shared = shared_] { run(shared); }));
}

VolumePulse::~VolumePulse() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->stopped.notify_all();
  (void)thread_.stop();
}

void VolumePulse::run(const std::shared_ptr<Shared>& shared) {
  GlusterAddress address = shared->options.address;
  address.path = kHeartbeatFolder;
  std::unique_ptr<GlusterNote> note;
  ChangeWatch changes;
  for (;;) {
    if (note == nullptr) {
      auto connected = GlusterNote::connect(address, std::string(kHeartbeatName));
      if (connected.ok())
        note = *std::move(connected);
      else
        shared->note(connected.error());
    }
    if (note != nullptr) {
      const auto newest = look(*note, shared->clock, shared->options, changes);
      newest.ok() ? shared->note(*newest) : shared->note(newest.error());
    }
    std::unique_lock lock(shared->mutex);
    if (shared->stopped.wait_for(lock, kHeartbeatLook, [&] { return shared->stopping; })) return;
  }
}

VolumePulse::Snapshot VolumePulse::snapshot() const {
  const std::lock_guard lock(shared_->mutex);
  Snapshot snapshot{
      .trouble = shared_->trouble, .newest = shared_->newest, .journey = shared_->journey};
  const auto silence = shared_->clock.now() - shared_->answered.value_or(shared_->began);
  snapshot.reachable = shared_->answered && silence < kReachableFor;
  if (!snapshot.reachable && snapshot.trouble.empty())
    snapshot.trouble = fmt::format("has not answered for {}", human_duration(silence));
  return snapshot;
}

}  // namespace bramble
