// SPDX-License-Identifier: Apache-2.0
#include "node/vitals_service.hh"

#include <fmt/format.h>
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
#include "node/healed_times.hh"
#include "node/heartbeat.hh"
#include "node/machine_vitals.hh"

namespace bramble {
namespace {

constexpr std::chrono::milliseconds kPeriod{2000};

std::string volume_of(const Cluster& cluster, const Machine& machine) {
  return machine.role == Role::kOffsite ? offsite_volume(cluster.volume) : cluster.volume.name;
}

// Its place among the nodes; nothing for a machine that only looks.
std::optional<std::size_t> place_of(const Cluster& cluster, const Machine& machine) {
  if (!cluster.offsite) return std::nullopt;  // nobody would read a heartbeat
  for (std::size_t i = 0; i < cluster.nodes.size(); ++i)
    if (cluster.nodes[i].name == machine.name) return i;
  return std::nullopt;
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
                           .place = place_of(cluster, machine_),
                           .brick = brick_of(cluster, machine_).folder});
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
  watch_ = std::make_unique<GeoWatch>(
      clock,
      GeoWatch::Options{.session = session_of(cluster),
                        .offsite = {.address = tunnel_address(cluster, cluster.offsite->name),
                                    .port = kWebPort,
                                    .path = "/.bramble/health"},
                        .name = machine_.name,
                        .newest = [pulse = pulse_] { return pulse->snapshot().newest; },
                        .beat = fmt::format("{}/{}/{}", brick_of(cluster, machine_).folder,
                                            kHeartbeatFolder, kHeartbeatName)});
}

GeoVitals VitalsService::read_georeplication() const {
  GeoVitals vitals;
  std::optional<WallTime> beat;
  if (watch_ != nullptr) {
    const GeoWatch::Snapshot watched = watch_->snapshot();
    const GeoWorker worker = read_geo_worker(session_of(options_.cluster));
    beat = watched.word.beat;
    vitals.lag_seconds = watched.word.lag_seconds;
    if (watched.missing)
      vitals.lag_seconds = std::max(vitals.lag_seconds.value_or(0), in_seconds(*watched.missing));
    vitals.worker = worker.status;
    vitals.crawl = worker.crawl;
    vitals.monitor = worker.monitor;
    vitals.last_action = watched.last_action;
  } else if (const auto pulse = pulse_->snapshot(); pulse.newest) {
    beat = pulse.newest->time;
    vitals.beat_writer = pulse.newest->writer;
    if (const auto lag = lag_of(*pulse.newest, clock_.wall(), pulse.journey))
      vitals.lag_seconds = in_seconds(*lag);
  }
  if (beat) vitals.beat_time = unix_seconds(*beat);
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
