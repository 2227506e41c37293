// SPDX-License-Identifier: Apache-2.0
#include "node/geo_watch.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.hh"
#include "node/vitals.hh"

namespace bramble {
namespace {

TEST(OffsiteBeat, IsReadOutOfTheHealthDocument) {
  Vitals vitals{.name = "cluster04", .role = Role::kOffsite};
  vitals.georeplication = GeoVitals{.lag_seconds = 4.2, .beat_time = 1'700'000'000.123};
  const OffsiteWord word =
      parse_offsite_word(R"({"status": "ok", "vitals": )" + to_json(vitals) + "}").value();
  EXPECT_EQ(word.lag_seconds, 4.2);
  EXPECT_EQ(word.beat, WallTime(std::chrono::milliseconds(1'700'000'000'123)));
}

TEST(OffsiteBeat, MayNotHaveArrivedYet) {
  Vitals vitals{.name = "cluster04", .role = Role::kOffsite};
  vitals.georeplication = GeoVitals{};
  EXPECT_EQ(parse_offsite_word(R"({"vitals": )" + to_json(vitals) + "}").value().beat,
            std::nullopt);
}

TEST(OffsiteBeat, ComesWithWhenItWasWrittenAndHowFullTheCopyIs) {
  Vitals vitals{.time = WallTime(std::chrono::seconds(1'700'000'007)),
                .name = "cluster04",
                .role = Role::kOffsite};
  vitals.georeplication = GeoVitals{};
  vitals.brick = BrickVitals{.free_bytes = 123'456'789'012};
  const OffsiteWord word = parse_offsite_word(R"({"vitals": )" + to_json(vitals) + "}").value();
  EXPECT_EQ(word.time, 1'700'000'007);
  EXPECT_EQ(word.free_bytes, 123'456'789'012U);
}

TEST(OffsiteBeat, OfAVolumeThatItDoesNotSeeIsNoNews) {
  Vitals vitals{.name = "cluster04", .role = Role::kOffsite};
  vitals.georeplication = GeoVitals{.lag_seconds = 4.2, .beat_time = 1'700'000'000.123};
  vitals.volume = VolumeVitals{.name = "web-copy", .reachable = false};
  EXPECT_EQ(parse_offsite_word(R"({"vitals": )" + to_json(vitals) + "}").error().what,
            "the off-site machine does not see its volume");
}

TEST(HoldsHeartbeat, OnlyWhereTheFileItselfLies) {
  const std::string file = "/tmp/bramble_heartbeat_test_" + std::to_string(::getpid());
  EXPECT_FALSE(holds_heartbeat(file));
  write_file(file, "").value();
  EXPECT_FALSE(holds_heartbeat(file)) << "a link of DHT's";
  write_file(file, "bramble heartbeat").value();
  EXPECT_TRUE(holds_heartbeat(file));
  std::filesystem::remove(file);
}

TEST(OffsiteBeat, AnotherDocumentIsAnError) {
  for (const char* text :
       {"", "[]", "{}", "<html>", R"({"vitals": null})", R"({"vitals": {"georeplication": null}})"})
    EXPECT_EQ(parse_offsite_word(text).error().what,
              "the off-site machine's health document tells of no heartbeat")
        << text;
}

}  // namespace
}  // namespace bramble
