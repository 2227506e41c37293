// SPDX-License-Identifier: Apache-2.0
#include "node/vitals_service.hh"

#include <poll.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.hh"
#include "base/file.hh"
#include "base/interrupt.hh"
#include "base/log.hh"
#include "cluster/addresses.hh"
#include "node/brick_to_fill.hh"
#include "node/brick_vitals.hh"
#include "node/fetch.hh"
#include "node/healed_times.hh"
#include "node/health.hh"
#include "node/heartbeat_files.hh"
#include "node/machine_vitals.hh"
#include "node/offsite_vitals.hh"

namespace bramble {
namespace {

constexpr std::chrono::milliseconds kPeriod{2000};

std::string volume_of(const Cluster& cluster, const Machine& machine) {
  return machine.role == Role::kOffsite ? offsite_volume(cluster.volume) : cluster.volume.name;
}

// Who writes heartbeats.
std::vector<std::string> writers_of(const Cluster& cluster) {
  std::vector<std::string> names;
  for (const Machine& node : cluster.nodes) names.push_back(node.name);
  return names;
}

// The web server here, just started, has not seen yet that bricks tell of changes.
bool web_awaits_an_event() {
  const Result<std::string> health = fetch({.address = "127.0.0.1",
                                            .port = kWebPort,
                                            .path = std::string(kHealthPath),
                                            .patience = std::chrono::seconds(1)});
  return health.ok() && awaits_an_event(*health);
}

GeoSession session_of(const Cluster& cluster) {
  return {.volume = cluster.volume.name,
          .target = geo_target(cluster),
          .offsite = cluster.offsite->name,
          .offsite_volume = offsite_volume(cluster.volume)};
}

BrickPlace brick_of(const Cluster& cluster, const Machine& machine) {
  const VolumeOptions volume = volume_on(cluster, machine);
  const bool any_filesystem = volume.brick.kind == Brick::Kind::kFolder;
  return {.folder = brick_folder(volume),
          .mount = any_filesystem ? "" : brick_mount(volume),
          .volume = volume_of(cluster, machine)};
}

std::unique_ptr<SilentPeers> watch_peers(const Cluster& cluster, const std::string& name) {
  std::vector<std::string> addresses;
  for (const Machine& node : cluster.nodes)
    if (node.name != name) addresses.push_back(node.address);
  auto watching = SilentPeers::watch(addresses);
  if (watching.ok()) return *std::move(watching);
  log::warning("silent machines are not cut off: {}", watching.error().what);
  return nullptr;
}

}  // namespace

VitalsService::VitalsService(const Clock& clock, Options options)
    : clock_(clock), options_(std::move(options)) {
  const Cluster& cluster = options_.cluster;
  const Machine* const machine = cluster.find(options_.machine);
  BRAMBLE_CHECK(machine != nullptr);
  machine_ = *machine;
  if (has_tunnel(cluster)) tunnel_ = std::make_unique<TunnelWatch>(cluster, machine_);
  if (machine_.role == Role::kBalancer) return;
  pulse_ = std::make_shared<VolumePulse>(
      clock,
      VolumePulse::Options{.address = {.host = "localhost", .volume = volume_of(cluster, machine_)},
                           .name = machine_.name,
                           .nodes = writers_of(cluster),
                           .brick = brick_of(cluster, machine_).folder,
                           .copied = cluster.offsite.has_value(),
                           .awaited = web_awaits_an_event});
  sync_ = std::make_unique<BrickSync>(brick_of(cluster, machine_).folder);
  if (machine_.role == Role::kNode) {
    silent_ = watch_peers(cluster, machine_.name);
    split_brain_ =
        std::make_unique<SplitBrain>(clock, SplitBrain::command(volume_of(cluster, machine_)));
    healed_times_ = std::make_unique<RepeatingThread>(
        HealedTimes::kEvery,
        [times = std::make_shared<HealedTimes>(
             clock, GlusterAddress{.host = "localhost", .volume = cluster.volume.name},
             machine_.name, brick_of(cluster, machine_).folder)] { times->look(); });
    brick_to_fill_ = std::make_unique<RepeatingThread>(
        kBrickToFillEvery, [ask = heal_summary(cluster.volume.name)] {
          end_brick_to_fill(std::string(kBrickToFill), ask);
        });
  }
  if (machine_.role != Role::kNode || !cluster.offsite) return;
  const std::size_t set = BeatSets(writers_of(cluster)).seat_of(machine_.name)->set;
  watch_ = std::make_unique<GeoWatch>(
      clock, GeoWatch::Options{
                 .session = session_of(cluster),
                 .offsite = {.address = tunnel_address(cluster, cluster.offsite->name),
                             .port = kWebPort,
                             .path = std::string(kHealthPath)},
                 .name = machine_.name,
                 .set = set,
                 .newest = [pulse = pulse_, set] { return pulse->snapshot().beats[set].newest; }});
}

GeoVitals VitalsService::read_georeplication() const {
  if (watch_ == nullptr) return offsite_vitals(pulse_->snapshot().beats, clock_.wall());
  GeoVitals vitals;
  const GeoWatch::Snapshot watched = watch_->snapshot();
  const GeoWorker worker = read_geo_worker(session_of(options_.cluster));
  if (watched.word.beat) vitals.beat_time = unix_seconds(*watched.word.beat);
  vitals.lag_seconds = watched.word.lag_seconds;
  if (watched.missing)
    vitals.lag_seconds = std::max(vitals.lag_seconds.value_or(0), in_seconds(*watched.missing));
  vitals.worker = worker.status;
  vitals.crawl = worker.crawl;
  vitals.monitor = worker.monitor;
  vitals.last_action = watched.last_action;
  return vitals;
}

Vitals VitalsService::read() const {
  const Cluster& cluster = options_.cluster;
  Vitals vitals{.time = clock_.wall(), .name = machine_.name, .role = machine_.role};
  vitals.machine = read_machine_vitals();
  if (machine_.role == Role::kBalancer) return vitals;
  vitals.brick = read_brick_vitals(brick_of(cluster, machine_));
  const VolumePulse::Snapshot pulse = pulse_->snapshot();
  vitals.volume = VolumeVitals{
      .name = volume_of(cluster, machine_), .reachable = pulse.reachable, .trouble = pulse.trouble};
  if (const auto heals = vitals.brick->heals_pending; split_brain_ != nullptr && heals)
    vitals.volume->split_brain = split_brain_->observe(*heals);
  if (cluster.offsite) vitals.georeplication = read_georeplication();
  return vitals;
}

Result<void> VitalsService::run() {
  std::error_code failed;
  const auto folder = std::filesystem::path(options_.file).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (failed) return errno_error("create the folder " + folder.string(), failed.value());
  std::string trouble;  // the file's; heartbeats, geo-replication and silent peers are seen to
  while (!interrupted()) {
    if (tunnel_ != nullptr) tunnel_->tick();
    const Result<void> written = write_file(options_.file, to_json(read()));
    const std::string now = written.ok() ? "" : written.error().what;
    if (!now.empty() && now != trouble) log::warning("the vitals are not told: {}", now);
    trouble = now;
    pollfd wake{.fd = interrupt_fd(), .events = POLLIN, .revents = 0};
    (void)::poll(&wake, 1, static_cast<int>(kPeriod.count()));
  }
  return {};
}

}  // namespace bramble
