// SPDX-License-Identifier: Apache-2.0
#include "node/volume_pulse.hh"

#include <fmt/format.h>

#include <mutex>

#include "base/log.hh"
#include "base/text.hh"
#include "volume/gluster_notes.hh"

namespace bramble {
namespace {

using std::chrono::seconds;

constexpr seconds kReachableFor{10};

}  // namespace

// Of each set; a node's look shows its own only.
using Beats = std::vector<std::optional<Heartbeat>>;

struct VolumePulse::Shared {
  Shared(const Clock& c, Options o)
      : clock(c),
        options(std::move(o)),
        sets(options.nodes),
        seat(sets.seat_of(options.name)),
        began(c.now()),
        beats(sets.count()),
        own(options.brick, sets.count()) {}

  const Clock& clock;
  const Options options;
  const BeatSets sets;
  const std::optional<BeatSets::Seat> seat;  // nothing: it only looks
  const Monotonic began;

  std::mutex mutex;
  std::optional<Monotonic> answered;
  std::string trouble = "still connecting";
  std::string write_trouble;  // of the last heartbeat that was to be written; "": it was
  std::vector<Beat> beats;

  // The thread's own.
  std::unique_ptr<GlusterNotes> connection;
  OwnHeartbeat own;
  ChangeWatch changes;
  void look();
  Result<Beats> read_all();
  Result<void> look_at_own();
  Result<std::optional<Heartbeat>> beat(const std::string& name, std::optional<Heartbeat> newest);

  void note(const Error& error) {
    const std::lock_guard lock(mutex);
    if (trouble != error.what) log::warning("volume {}: {}", options.address.volume, error.what);
    trouble = error.what;
  }
  void note(const Beats& seen) {
    const std::lock_guard lock(mutex);
    if (!trouble.empty()) log::info("volume {} answers", options.address.volume);
    trouble.clear();
    for (std::size_t set = 0; set < seen.size(); ++set) note(beats[set], seen[set]);
    answered = clock.now();
  }
  void note(Beat& known, const std::optional<Heartbeat>& beat) {
    if (beat && (!known.newest || known.newest->time != beat->time)) {
      // What was there at the first look may have arrived at any time.
      known.journey = answered ? std::optional(clock.wall() - beat->time) : std::nullopt;
      if (!write_trouble.empty()) log::info("volume {} is written again", options.address.volume);
      write_trouble.clear();
    }
    known.newest = beat;
  }
  void note_own(std::optional<Heartbeat> beat) {
    Beats seen(sets.count());
    seen[seat->set] = std::move(beat);
    note(seen);
  }
  void note_unwritten(const Error& error) {
    const std::lock_guard lock(mutex);
    if (write_trouble != error.what)
      log::warning("volume {} is not written: {}", options.address.volume, error.what);
    write_trouble = error.what;
  }
};

namespace {

Result<std::unique_ptr<GlusterNotes>> connect(const VolumePulse::Options& options) {
  GlusterAddress address = options.address;
  address.path = kHeartbeatFolder;
  return options.library != nullptr ? GlusterNotes::connect(address, *options.library)
                                    : GlusterNotes::connect(address);
}

Result<std::optional<Heartbeat>> read_beat(GlusterNotes& notes, const std::string& name) {
  const std::optional<std::string> content = TRY(notes.read(name));
  return content ? parse_heartbeat(*content) : std::nullopt;
}

}  // namespace

// One write where it is our turn. Gives the newest heartbeat.
Result<std::optional<Heartbeat>> VolumePulse::Shared::beat(const std::string& name,
                                                           std::optional<Heartbeat> newest) {
  // Read before the write: a journal that ends in between is then not taken for the heartbeat's.
  const std::optional<Journals> journals = read_journals(options.brick);
  const bool changed = options.copied && changes.changed(newest, journals);
  BeatQuestion question{
      .last = newest, .now = clock.wall(), .place = seat->place, .changed = changed};
  if (!shall_beat(question)) {
    question.awaited = true;
    if (!shall_beat(question) || !options.awaited || !options.awaited()) return newest;
  }
  const std::string text =
      format_heartbeat({.time = clock.wall(), .writer = options.name, .quiet = !changed});
  TRY(connection->write(name, text));
  newest = parse_heartbeat(text);  // as it will be read: to the millisecond
  (void)changes.changed(newest, journals);
  return newest;
}

// Who only looks has one brick, which all of them lie in.
Result<Beats> VolumePulse::Shared::read_all() {
  std::vector<std::string> names;
  if (sets.count() > 1) names = heartbeats_in(options.brick);
  if (names.empty()) names = {heartbeat_name(0)};
  std::vector<Heartbeat> all;
  for (const std::string& name : names)
    if (const auto beat = TRY(read_beat(*connection, name))) all.push_back(*beat);
  return sets.newest(all);
}

// Error: of what is read.
Result<void> VolumePulse::Shared::look_at_own() {
  const auto is_there = [this](const std::string& name) -> Result<bool> {
    return TRY(connection->read(name)).has_value();
  };
  const std::optional<std::string> name = TRY(own.name(is_there));
  const auto seen = TRY(read_beat(*connection, name.value_or(heartbeat_name(0))));
  if (!name) return note_own(std::nullopt), Result<void>();
  note_own(seen);
  const auto written = beat(*name, seen);
  written.ok() ? note_own(*written) : note_unwritten(written.error());
  return {};
}

VolumePulse::VolumePulse(const Clock& clock, Options options)
    : shared_(std::make_shared<Shared>(clock, std::move(options))),
      thread_(kHeartbeatLook, [shared = shared_] { shared->look(); }) {}

void VolumePulse::Shared::look() {
  if (connection == nullptr) {
    auto connected = connect(options);
    if (!connected.ok()) return note(connected.error());
    connection = *std::move(connected);
  }
  if (seat) {
    const Result<void> seen = look_at_own();
    if (!seen.ok()) note(seen.error());
  } else {
    const Result<Beats> seen = read_all();
    seen.ok() ? note(*seen) : note(seen.error());
  }
}

VolumePulse::Snapshot VolumePulse::snapshot() const {
  const std::lock_guard lock(shared_->mutex);
  Snapshot snapshot{.beats = shared_->beats};
  const auto silence = shared_->clock.now() - shared_->answered.value_or(shared_->began);
  snapshot.reachable = shared_->answered && silence < kReachableFor;
  snapshot.trouble = snapshot.reachable ? shared_->write_trouble : shared_->trouble;
  if (!snapshot.reachable && snapshot.trouble.empty())
    snapshot.trouble = fmt::format("has not answered for {}", human_duration(silence));
  return snapshot;
}

}  // namespace bramble
