// SPDX-License-Identifier: Apache-2.0
#include "node/vitals.hh"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bramble {
namespace {

using nlohmann::json;

TEST(Vitals, ABalancersAreThoseOfTheMachine) {
  const Vitals vitals{.time = WallTime(std::chrono::milliseconds(1'700'000'000'123)),
                      .name = "front",
                      .role = Role::kBalancer,
                      .machine = {.uptime_seconds = 7.5,
                                  .load = {0.5, 0.25, 0.125},
                                  .cpus = 4,
                                  .memory_total_bytes = 100,
                                  .memory_available_bytes = 40}};
  EXPECT_EQ(json::parse(to_json(vitals)), json::parse(R"({
    "time": 1700000000.123, "name": "front", "role": "balancer", "uptime_seconds": 7.5,
    "load": [0.5, 0.25, 0.125], "cpus": 4,
    "memory": {"total_bytes": 100, "available_bytes": 40},
    "temperature_celsius": null, "throttling": null,
    "brick": null, "volume": null, "georeplication": null})"));
}

TEST(Vitals, ANodesTellOfBrickVolumeAndGeoReplication) {
  Vitals vitals{.name = "cluster01", .role = Role::kNode};
  vitals.machine.temperature_celsius = 48.3;
  vitals.machine.throttling = Throttling{.now = {"throttled"}, .since_boot = {}};
  vitals.brick = BrickVitals{.folder = "/srv/brick/web",
                             .mounted = true,
                             .online = true,
                             .total_bytes = 30,
                             .free_bytes = 20,
                             .heals_pending = 2};
  vitals.volume = VolumeVitals{
      .name = "web", .reachable = false, .trouble = "still connecting", .split_brain = 1};
  vitals.georeplication = GeoVitals{.lag_seconds = 4.2,
                                    .beat_time = 1'700'000'000.1,
                                    .beat_writer = "cluster01",
                                    .beats = {1'700'000'001.5, std::nullopt},
                                    .worker = "Active",
                                    .crawl = "Changelog Crawl",
                                    .monitor = true,
                                    .last_action = "restarted"};
  const json document = json::parse(to_json(vitals));
  EXPECT_EQ(document["role"], "node");
  EXPECT_EQ(document["temperature_celsius"], 48.3);
  EXPECT_EQ(document["throttling"], json::parse(R"({"now": ["throttled"], "since_boot": []})"));
  EXPECT_EQ(document["brick"], json::parse(R"({"folder": "/srv/brick/web", "mounted": true,
    "online": true, "total_bytes": 30, "free_bytes": 20, "heals_pending": 2})"));
  EXPECT_EQ(json::parse(to_json({.brick = BrickVitals()}))["brick"]["heals_pending"], nullptr);
  EXPECT_EQ(document["volume"], json::parse(R"({"name": "web", "reachable": false,
    "trouble": "still connecting", "split_brain": 1})"));
  EXPECT_EQ(document["georeplication"], json::parse(R"({"lag_seconds": 4.2,
    "beat_time": 1700000000.1, "beat_writer": "cluster01",
    "beats": [1700000001.5, null], "worker": "Active", "crawl": "Changelog Crawl", "monitor": true, "last_action": "restarted"})"));
}

TEST(Vitals, BytesThatAreNoTextDoNoHarm) {
  Vitals vitals{.name = "cluster01", .role = Role::kNode};
  vitals.volume = VolumeVitals{.name = "web", .trouble = "\xff\xfe"};
  EXPECT_TRUE(json::accept(to_json(vitals)));
}

}  // namespace
}  // namespace bramble
