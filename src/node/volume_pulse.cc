// SPDX-License-Identifier: Apache-2.0
#include "node/volume_pulse.hh"

#include <fmt/format.h>

#include <mutex>

#include "base/log.hh"
#include "base/text.hh"
#include "volume/gluster_note.hh"

namespace bramble {
namespace {

using std::chrono::seconds;

constexpr seconds kReachableFor{10};

}  // namespace

struct VolumePulse::Shared {
  Shared(const Clock& c, Options o) : clock(c), options(std::move(o)), began(c.now()) {}

  const Clock& clock;
  const Options options;
  const Monotonic began;

  std::mutex mutex;
  std::optional<Monotonic> answered;
  std::string trouble = "still connecting";
  std::string write_trouble;  // of the last heartbeat that was to be written; "": it was
  std::optional<Heartbeat> newest;
  std::optional<std::chrono::nanoseconds> journey;

  // The thread's own.
  std::unique_ptr<GlusterNote> connection;
  ChangeWatch changes;
  void look();

  void note(const Error& error) {
    const std::lock_guard lock(mutex);
    if (trouble != error.what) log::warning("volume {}: {}", options.address.volume, error.what);
    trouble = error.what;
  }
  void note(const std::optional<Heartbeat>& beat) {
    const std::lock_guard lock(mutex);
    if (!trouble.empty()) log::info("volume {} answers", options.address.volume);
    trouble.clear();
    if (beat && (!newest || newest->time != beat->time)) {
      // What was there at the first look may have arrived at any time.
      journey = answered ? std::optional(clock.wall() - beat->time) : std::nullopt;
      if (!write_trouble.empty()) log::info("volume {} is written again", options.address.volume);
      write_trouble.clear();
    }
    answered = clock.now();
    newest = beat;
  }
  void note_unwritten(const Error& error) {
    const std::lock_guard lock(mutex);
    if (write_trouble != error.what)
      log::warning("volume {} is not written: {}", options.address.volume, error.what);
    write_trouble = error.what;
  }
};

namespace {

Result<std::unique_ptr<GlusterNote>> connect(const VolumePulse::Options& options) {
  GlusterAddress address = options.address;
  address.path = kHeartbeatFolder;
  const std::string name(kHeartbeatName);
  return options.library != nullptr ? GlusterNote::connect(address, name, *options.library)
                                    : GlusterNote::connect(address, name);
}

Result<std::optional<Heartbeat>> read_beat(GlusterNote& note) {
  const std::optional<std::string> content = TRY(note.read());
  return content ? parse_heartbeat(*content) : std::nullopt;
}

// One write where it is our turn. Gives the newest heartbeat.
Result<std::optional<Heartbeat>> beat(GlusterNote& note, const Clock& clock,
                                      const VolumePulse::Options& options, ChangeWatch& changes,
                                      std::optional<Heartbeat> newest) {
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
    : shared_(std::make_shared<Shared>(clock, std::move(options))),
      thread_(kHeartbeatLook, [shared = shared_] { shared->look(); }) {}

void VolumePulse::Shared::look() {
  if (connection == nullptr) {
    auto connected = connect(options);
    if (!connected.ok()) return note(connected.error());
    connection = *std::move(connected);
  }
  const auto seen = read_beat(*connection);
  if (!seen.ok()) return note(seen.error());
  note(*seen);
  const auto written = beat(*connection, clock, options, changes, *seen);
  written.ok() ? note(*written) : note_unwritten(written.error());
}

VolumePulse::Snapshot VolumePulse::snapshot() const {
  const std::lock_guard lock(shared_->mutex);
  Snapshot snapshot{.newest = shared_->newest, .journey = shared_->journey};
  const auto silence = shared_->clock.now() - shared_->answered.value_or(shared_->began);
  snapshot.reachable = shared_->answered && silence < kReachableFor;
  snapshot.trouble = snapshot.reachable ? shared_->write_trouble : shared_->trouble;
  if (!snapshot.reachable && snapshot.trouble.empty())
    snapshot.trouble = fmt::format("has not answered for {}", human_duration(silence));
  return snapshot;
}

}  // namespace bramble
