// SPDX-License-Identifier: Apache-2.0
#include "node/geo_watch.hh"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <semaphore>

#include "node/vitals.hh"

namespace bramble {
namespace {

TEST(OffsiteBeat, IsReadOutOfTheHealthDocument) {
  Vitals vitals{.name = "cluster04", .role = Role::kOffsite};
  vitals.georeplication = GeoVitals{.lag_seconds = 4.2, .beats = {1'700'000'000.123}};
  const OffsiteWord word =
      parse_offsite_word(R"({"status": "ok", "vitals": )" + to_json(vitals) + "}", 0).value();
  EXPECT_EQ(word.lag_seconds, 4.2);
  EXPECT_EQ(word.beat, WallTime(std::chrono::milliseconds(1'700'000'000'123)));
}

TEST(OffsiteBeat, IsThatOfTheNearestMillisecond) {
  const OffsiteWord word =
      parse_offsite_word(R"({"vitals": {"georeplication": {"beats": [1700000000.1228]}}})", 0)
          .value();
  EXPECT_EQ(word.beat, WallTime(std::chrono::milliseconds(1'700'000'000'123)));
}

TEST(OffsiteBeat, MayNotHaveArrivedYet) {
  Vitals vitals{.name = "cluster04", .role = Role::kOffsite};
  vitals.georeplication = GeoVitals{.beats = {std::nullopt}};
  EXPECT_EQ(parse_offsite_word(R"({"vitals": )" + to_json(vitals) + "}", 0).value().beat,
            std::nullopt);
}

TEST(OffsiteBeat, ComesWithWhenItWasWrittenAndHowFullTheCopyIs) {
  Vitals vitals{.time = WallTime(std::chrono::seconds(1'700'000'007)),
                .name = "cluster04",
                .role = Role::kOffsite};
  vitals.georeplication = GeoVitals{.beats = {std::nullopt}};
  vitals.brick = BrickVitals{.free_bytes = 123'456'789'012};
  const OffsiteWord word = parse_offsite_word(R"({"vitals": )" + to_json(vitals) + "}", 0).value();
  EXPECT_EQ(word.time, 1'700'000'007);
  EXPECT_EQ(word.free_bytes, 123'456'789'012U);
}

TEST(OffsiteBeat, OfAVolumeThatItDoesNotSeeIsNoNews) {
  Vitals vitals{.name = "cluster04", .role = Role::kOffsite};
  vitals.georeplication = GeoVitals{.lag_seconds = 4.2, .beats = {1'700'000'000.123}};
  vitals.volume = VolumeVitals{.name = "web-copy", .reachable = false};
  EXPECT_EQ(parse_offsite_word(R"({"vitals": )" + to_json(vitals) + "}", 0).error().what,
            "the off-site machine does not see its volume");
}

TEST(OffsiteBeat, IsThatOfItsSetOfBricks) {
  Vitals vitals{.name = "cluster04", .role = Role::kOffsite};
  vitals.georeplication = GeoVitals{.beat_time = 1, .beats = {1, 2.5, std::nullopt}};
  const std::string text = R"({"vitals": )" + to_json(vitals) + "}";
  EXPECT_EQ(parse_offsite_word(text, 1).value().beat, WallTime(std::chrono::milliseconds(2500)));
  EXPECT_EQ(parse_offsite_word(text, 2).value().beat, std::nullopt);
  EXPECT_EQ(parse_offsite_word(text, 3).error().what,
            "the off-site machine knows of fewer sets of bricks");
}

TEST(OffsiteBeat, OfNoClocksTimeIsNone) {
  for (const char* time : {"1e300", "9999999999", "-1", "\"now\""})
    EXPECT_EQ(parse_offsite_word(
                  fmt::format(R"({{"vitals": {{"georeplication": {{"beats": [{}]}}}}}})", time), 0)
                  .value()
                  .beat,
              std::nullopt)
        << time;
}

TEST(OffsiteBeat, AnotherDocumentIsAnError) {
  for (const char* text :
       {"", "[]", "{}", "<html>", R"({"vitals": null})", R"({"vitals": {"georeplication": null}})",
        R"({"vitals": {"georeplication": {"beats": 1}}})",
        R"({"vitals": {"georeplication": {"beats": {"0": 1}}}})"})
    EXPECT_EQ(parse_offsite_word(text, 0).error().what,
              "the off-site machine's health document tells of no heartbeat")
        << text;
}

// `status` sends the operator to the journal.
TEST(GeoWatch, TellsWhyOffsiteIsNotHeard) {
  const std::string folder = testing::TempDir();
  const auto looks = std::make_shared<std::counting_semaphore<>>(0);
  GeoWatch::Options options{
      .session = {.volume = "web",
                  .target = "geoaccount@cluster04::web-offsite",
                  .offsite = "cluster04",
                  .offsite_volume = "web-offsite",
                  .state_folder = folder,
                  .run_folder = folder,
                  .restart_mark = folder + "/no_mark"},
      .offsite = {.address = "127.0.0.1", .port = 9},  // nobody is there
      .name = "cluster01",
      .newest = [looks]() -> std::optional<Heartbeat> { return looks->release(), std::nullopt; },
      .gluster = [](const std::string&) { return Result<void>(failure("none")); }};
  testing::internal::CaptureStderr();
  static const SystemClock clock;
  const GeoWatch watch(clock, std::move(options));
  looks->acquire();
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("cluster04 tells nothing of its copy: "), std::string::npos) << told;
}

}  // namespace
}  // namespace bramble
