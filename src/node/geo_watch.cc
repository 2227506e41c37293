// SPDX-License-Identifier: Apache-2.0
#include "node/geo_watch.hh"

#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "base/log.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLook{10};
constexpr seconds kWordIsNews{60};  // six looks
constexpr seconds kStandStill{30};  // of vitals that are written every few seconds

// Nothing: no clock tells it.
std::optional<WallTime> wall_time(double unix_seconds) {
  constexpr double kSecondsMax = 9e9;  // nanoseconds end soon after
  if (unix_seconds < 0 || unix_seconds > kSecondsMax) return std::nullopt;
  return WallTime(std::chrono::duration_cast<WallTime::duration>(
      milliseconds(static_cast<std::int64_t>(unix_seconds * 1000 + 0.5))));
}

}  // namespace

Result<OffsiteWord> parse_offsite_word(const std::string& health, std::size_t set) {
  const auto document = nlohmann::json::parse(health, nullptr, /*exceptions=*/false);
  const nlohmann::json::json_pointer place("/vitals/georeplication/beats");
  if (!document.is_object() || !document.contains(place) || !document.at(place).is_array())
    return failure("the off-site machine's health document tells of no heartbeat");
  const nlohmann::json& vitals = document["vitals"];
  const auto at = [&](const char* pointer) {
    const nlohmann::json::json_pointer inner(pointer);
    return vitals.contains(inner) ? vitals.at(inner) : nlohmann::json();
  };
  if (at("/volume/reachable") == false)
    return failure("the off-site machine does not see its volume");
  OffsiteWord word;
  const nlohmann::json& beats = document.at(place);
  if (set >= beats.size()) return failure("the off-site machine knows of fewer sets of bricks");
  if (const nlohmann::json& time = beats.at(set); time.is_number())
    word.beat = wall_time(time.get<double>());
  if (const auto lag = at("/georeplication/lag_seconds"); lag.is_number())
    word.lag_seconds = lag.get<double>();
  if (const auto free = at("/brick/free_bytes"); free.is_number_unsigned())
    word.free_bytes = free.get<std::uint64_t>();
  if (const auto written = at("/time"); written.is_number()) word.time = written.get<double>();
  return word;
}

struct GeoWatch::Shared {
  Shared(const Clock& c, Options o) : clock(c), options(std::move(o)) {}

  const Clock& clock;
  const Options options;

  mutable std::mutex mutex;
  OffsiteWord word;
  std::optional<Monotonic> told;  // when
  Monotonic went_on{};            // the vitals of which it told, last
  std::optional<std::chrono::nanoseconds> missing;
  std::string last_action;

  // The thread's own.
  GeoSupervisor supervisor;
  GeoRestart session{options.session,
                     options.gluster ? options.gluster : GeoRestart::command(options.session)};
  MissingBeat missing_beat;
  std::optional<WallTime> beat_there;
  bool ever_heard = false;
  std::string silence;  // why off-site tells nothing
  void look();

  std::nullopt_t silent(const std::string& why) {
    if (why != silence)
      log::warning("{} tells nothing of its copy: {}", options.session.offsite, why);
    silence = why;
    return std::nullopt;
  }

  // What off-site says now; nothing where it does not answer.
  std::optional<OffsiteWord> ask() {
    const Result<std::string> health = fetch(options.offsite);
    const auto heard = health.ok() ? parse_offsite_word(*health, options.set)
                                   : Result<OffsiteWord>(health.error());
    if (!heard.ok()) return silent(heard.error().what);
    const std::lock_guard lock(mutex);
    const Monotonic now = clock.now();
    if (!told || heard->time != word.time) went_on = now;
    if (now - went_on > kStandStill) return silent("its vitals stand still");
    if (!silence.empty()) log::info("{} tells of its copy again", options.session.offsite);
    silence.clear();
    word = *heard;
    told = now;
    return *heard;
  }

  void note(std::optional<std::chrono::nanoseconds> age) {
    const std::lock_guard lock(mutex);
    missing = age;
  }

  // Whether it was done.
  bool follow(const GeoDecision& decision) {
    const bool restart = decision.action == GeoDecision::Action::kRestart;
    const std::string what =
        fmt::format("geo-replication to {}: {}", options.session.offsite, decision.why);
    log::warning("{}: {}", what, restart ? "stopping and starting it" : "starting it");
    const Result<void> done = restart ? session.restart() : session.start();
    if (!done.ok()) log::error("{}", done.error().what);
    const std::lock_guard lock(mutex);
    last_action = fmt::format("{} because {}{}", restart ? "restarted" : "started", decision.why,
                              done.ok() ? "" : "; it failed: " + done.error().what);
    return done.ok();
  }
};

GeoWatch::GeoWatch(const Clock& clock, Options options)
    : shared_(std::make_shared<Shared>(clock, std::move(options))),
      thread_(kLook, [shared = shared_] { shared->look(); }) {}

void GeoWatch::Shared::look() {
  const std::optional<OffsiteWord> said = ask();
  const GeoWorker worker = read_geo_worker(options.session);
  const std::optional<Heartbeat> newest = options.newest();
  ever_heard = ever_heard || said;
  if (said) beat_there = said->beat;
  // What has arrived before this service was started is not known before off-site tells.
  if (ever_heard) note(missing_beat.age(newest, beat_there, clock.wall()));
  const GeoDecision decision =
      supervisor.observe({.now = clock.now(),
                          .wall = clock.wall(),
                          .wanted = worker.wanted,
                          .start_owed = worker.created && session.unfinished(),
                          .monitor = worker.monitor,
                          .active = worker.status == "Active",
                          .writer = newest && newest->writer == options.name,
                          .offsite_answers = said.has_value(),
                          .beat_here = newest ? std::optional(newest->time) : std::nullopt,
                          .beat_there = said ? said->beat : std::nullopt,
                          .bytes_carried = bytes_carried(),
                          .free_there = said ? said->free_bytes : std::nullopt,
                          .follows = worker.crawl == "Changelog Crawl",
                          .progress = worker.progress});
  if (decision.action != GeoDecision::Action::kNone && !follow(decision)) supervisor.failed();
}

GeoWatch::Snapshot GeoWatch::snapshot() const {
  const std::lock_guard lock(shared_->mutex);
  const bool news = shared_->told && shared_->clock.now() - *shared_->told < kWordIsNews;
  return {.word = news ? shared_->word : OffsiteWord(),
          .missing = shared_->missing,
          .last_action = shared_->last_action};
}

}  // namespace bramble
