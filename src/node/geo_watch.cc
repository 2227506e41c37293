// SPDX-License-Identifier: Apache-2.0
#include "node/geo_watch.hh"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/log.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLook{10};
constexpr seconds kWordIsNews{60};  // six looks

}  // namespace

Result<OffsiteWord> parse_offsite_word(const std::string& health) {
  const auto document = nlohmann::json::parse(health, nullptr, /*exceptions=*/false);
  const nlohmann::json::json_pointer place("/vitals/georeplication/beat_time");
  if (!document.is_object() || !document.contains(place))
    return failure("the off-site machine's health document tells of no heartbeat");
  OffsiteWord word;
  const nlohmann::json& time = document.at(place);
  if (time.is_number())
    word.beat = WallTime(std::chrono::duration_cast<WallTime::duration>(
        milliseconds(static_cast<std::int64_t>(time.get<double>() * 1000 + 0.5))));
  const nlohmann::json lag =
      document["vitals"]["georeplication"].value("lag_seconds", nlohmann::json());
  if (lag.is_number()) word.lag_seconds = lag.get<double>();
  return word;
}

struct GeoWatch::Shared {
  Shared(const Clock& c, Options o) : clock(c), options(std::move(o)) {}

  const Clock& clock;
  const Options options;

  mutable std::mutex mutex;
  std::condition_variable stopped;
  bool stopping = false;
  OffsiteWord word;
  std::optional<Monotonic> told;  // when
  std::optional<std::chrono::nanoseconds> missing;
  std::string last_action;

  // What off-site says now; nothing where it does not answer.
  std::optional<OffsiteWord> ask() {
    const Result<std::string> health = fetch(options.offsite);
    const auto heard =
        health.ok() ? parse_offsite_word(*health) : Result<OffsiteWord>(health.error());
    if (!heard.ok()) {
      log::debug("{}: {}", options.session.offsite, heard.error().what);
      return std::nullopt;
    }
    const std::lock_guard lock(mutex);
    word = *heard;
    told = clock.now();
    return *heard;
  }

  void note(std::optional<std::chrono::nanoseconds> age) {
    const std::lock_guard lock(mutex);
    missing = age;
  }

  // Whether it was done.
  bool follow(const GeoDecision& decision, GeoRestart& session) {
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
    : shared_(std::make_shared<Shared>(clock, std::move(options))) {
  BRAMBLE_CHECK(thread_.try_submit([shared = shared_] { run(shared); }));
}

GeoWatch::~GeoWatch() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->stopped.notify_all();
  (void)thread_.stop();
}

void GeoWatch::run(const std::shared_ptr<Shared>& shared) {
  const Options& options = shared->options;
  GeoSupervisor supervisor;
  GeoRestart session(options.session,
                     options.gluster ? options.gluster : GeoRestart::command(options.session));
  MissingBeat missing;
  std::optional<WallTime> beat_there;
  for (;;) {
    const std::optional<OffsiteWord> word = shared->ask();
    const GeoWorker worker = read_geo_worker(options.session);
    const std::optional<Heartbeat> newest = options.newest();
    if (word) beat_there = word->beat;
    shared->note(missing.age(newest, beat_there, shared->clock.wall()));
    const GeoDecision decision =
        supervisor.observe({.now = shared->clock.now(),
                            .wanted = worker.wanted,
                            .start_owed = worker.created && session.unfinished(),
                            .monitor = worker.monitor,
                            .active = worker.status == "Active",
                            .writer = newest && newest->writer == options.name,
                            .offsite_answers = word.has_value(),
                            .beat_here = newest ? std::optional(newest->time) : std::nullopt,
                            .beat_there = word ? word->beat : std::nullopt,
                            .bytes_carried = bytes_carried(),
                            .follows = worker.crawl == "Changelog Crawl",
                            .progress = worker.progress});
    if (decision.action != GeoDecision::Action::kNone && !shared->follow(decision, session))
      supervisor.failed();
    std::unique_lock lock(shared->mutex);
    if (shared->stopped.wait_for(lock, kLook, [&] { return shared->stopping; })) return;
  }
}

GeoWatch::Snapshot GeoWatch::snapshot() const {
  const std::lock_guard lock(shared_->mutex);
  const bool news = shared_->told && shared_->clock.now() - *shared_->told < kWordIsNews;
  return {.word = news ? shared_->word : OffsiteWord(),
          .missing = shared_->missing,
          .last_action = shared_->last_action};
}

}  // namespace bramble
