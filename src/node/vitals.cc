// SPDX-License-Identifier: Apache-2.0
#include "node/vitals.hh"

#include <nlohmann/json.hpp>

namespace bramble {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json json_of(const Throttling& throttling) {
  return {{"now", throttling.now}, {"since_boot", throttling.since_boot}};
}

Json json_of(const BrickVitals& brick) {
  return {{"folder", brick.folder},         {"mounted", brick.mounted},
          {"online", brick.online},         {"total_bytes", brick.total_bytes},
          {"free_bytes", brick.free_bytes}, {"heals_pending", or_null(brick.heals_pending)}};
}

Json json_of(const VolumeVitals& volume) {
  return {{"name", volume.name},
          {"reachable", volume.reachable},
          {"trouble", or_null(volume.trouble)},
          {"split_brain", or_null(volume.split_brain)}};
}

Json json_of(const GeoVitals& geo) {
  Json beats = Json::array();
  for (const auto& beat : geo.beats) beats.push_back(or_null(beat));
  return {{"lag_seconds", or_null(geo.lag_seconds)}, {"beat_time", or_null(geo.beat_time)},
          {"beat_writer", geo.beat_writer},          {"beats", beats},
          {"worker", or_null(geo.worker)},           {"crawl", or_null(geo.crawl)},
          {"monitor", or_null(geo.monitor)},         {"last_action", or_null(geo.last_action)}};
}

template <typename T>
Json part(const std::optional<T>& value) {
  return value ? json_of(*value) : Json(nullptr);
}

}  // namespace

double unix_seconds(WallTime time) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<double>(milliseconds.count()) / 1000;
}

std::string to_json(const Vitals& vitals) {
  const MachineVitals& machine = vitals.machine;
  const Json document = {
      {"time", unix_seconds(vitals.time)},
      {"name", vitals.name},
      {"role", word(vitals.role)},
      {"uptime_seconds", machine.uptime_seconds},
      {"load", machine.load},
      {"cpus", machine.cpus},
      {"memory",
       {{"total_bytes", machine.memory_total_bytes},
        {"available_bytes", machine.memory_available_bytes}}},
      {"temperature_celsius", or_null(machine.temperature_celsius)},
      {"throttling", part(machine.throttling)},
      {"brick", part(vitals.brick)},
      {"volume", part(vitals.volume)},
      {"georeplication", part(vitals.georeplication)},
  };
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bramble
