// SPDX-License-Identifier: Apache-2.0
#include "node/offsite_vitals.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bramble {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const WallTime kWhenAsked{std::chrono::seconds(1'700'000'100)};

VolumePulse::Beat beat(std::chrono::seconds age, const std::string& writer,
                       std::optional<std::chrono::nanoseconds> journey = {}) {
  return {.newest = Heartbeat{.time = kWhenAsked - age, .writer = writer, .quiet = true},
          .journey = journey};
}

TEST(OffsiteVitals, TellOfTheSetThatIsFurthestBehind) {
  const GeoVitals vitals = offsite_vitals({beat(9s, "a", 3s), beat(40s, "d", 7s)}, kWhenAsked);
  EXPECT_EQ(vitals.lag_seconds, 7);
  EXPECT_EQ(vitals.beat_time, 1'700'000'060);
  EXPECT_EQ(vitals.beat_writer, "d");
  EXPECT_THAT(vitals.beats, ElementsAre(1'700'000'091, 1'700'000'060));
  EXPECT_EQ(offsite_vitals({beat(40s, "d", 7s), beat(9s, "a", 3s)}, kWhenAsked).lag_seconds, 7);
}

TEST(OffsiteVitals, OfASetWithoutAHeartbeatTellNothing) {
  const GeoVitals vitals = offsite_vitals({beat(9s, "a", 3s), {}}, kWhenAsked);
  EXPECT_EQ(vitals.lag_seconds, 3);
  EXPECT_THAT(vitals.beats, ElementsAre(1'700'000'091, std::nullopt));
  EXPECT_EQ(offsite_vitals({{}}, kWhenAsked).beat_time, std::nullopt);
}

TEST(OffsiteVitals, OfASetWhoseHeartbeatNobodySawArriveTellItsTime) {
  const GeoVitals vitals = offsite_vitals({beat(9s, "a"), beat(40s, "d")}, kWhenAsked);
  EXPECT_EQ(vitals.lag_seconds, std::nullopt);
  EXPECT_EQ(vitals.beat_time, 1'700'000'060);
}

}  // namespace
}  // namespace bramble
