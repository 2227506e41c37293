// SPDX-License-Identifier: Apache-2.0
#include "node/heartbeat.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace bramble {
namespace {

using namespace std::chrono_literals;

const WallTime kNow{std::chrono::milliseconds(1'700'000'000'123)};

TEST(Heartbeat, IsReadBackAsItWasWritten) {
  const std::string text = format_heartbeat({.time = kNow, .writer = "cluster01"});
  EXPECT_TRUE(text.starts_with("bramble heartbeat 1700000000.123 cluster01 "));
  const Heartbeat beat = parse_heartbeat(text).value();
  EXPECT_EQ(beat.time, kNow);
  EXPECT_EQ(beat.writer, "cluster01");
}

TEST(Heartbeat, HasOneSizeForAllNamesAndTimes) {
  const std::size_t size = format_heartbeat({.time = kNow, .writer = "a"}).size();
  EXPECT_EQ(format_heartbeat({.time = kNow, .writer = std::string(63, 'b')}).size(), size);
  EXPECT_EQ(format_heartbeat({.time = WallTime(5ms), .writer = "c"}).size(), size);
}

TEST(Heartbeat, AnythingElseIsNone) {
  for (const char* text :
       {"", "\n", "bramble heartbeat 1700000000.123 cluster01", "bramble heartbeat now cluster01\n",
        "bramble heartbeat 1700000000 cluster01\n", "bramble heartbeat 1700000000.1 cluster01\n",
        "bramble heartbeat 99999999999.123 cluster01\n", "bramble heartbeat 1700000000.123\n",
        "bramble heartbeat 1700000000.123 a b\n", "rubus heartbeat 1700000000.123 a\n"})
    EXPECT_EQ(parse_heartbeat(text), std::nullopt) << text;
}

TEST(Heartbeat, EachNodeHasMorePatienceThanTheOneBeforeIt) {
  const auto beat = [](WallTime time) { return Heartbeat{.time = time, .writer = "any"}; };
  EXPECT_TRUE(shall_beat(std::nullopt, kNow, 2));
  EXPECT_FALSE(shall_beat(beat(kNow - 3999ms), kNow, 0));
  EXPECT_TRUE(shall_beat(beat(kNow - 4s), kNow, 0));
  EXPECT_FALSE(shall_beat(beat(kNow - 7999ms), kNow, 1));
  EXPECT_TRUE(shall_beat(beat(kNow - 8s), kNow, 1));
  EXPECT_FALSE(shall_beat(beat(kNow - 11999ms), kNow, 2));
  EXPECT_TRUE(shall_beat(beat(kNow - 12s), kNow, 2));
}

TEST(Heartbeat, OneFromTheFarFutureIsReplaced) {
  EXPECT_FALSE(shall_beat(Heartbeat{.time = kNow + 2s, .writer = "x"}, kNow, 0));
  EXPECT_TRUE(shall_beat(Heartbeat{.time = kNow + 1h, .writer = "x"}, kNow, 2));
}

// Three nodes that look every two seconds, at different moments.
TEST(Heartbeat, TheFirstLivingNodeIsTheOnlyWriter) {
  std::optional<Heartbeat> file;
  std::array<int, 3> writes = {0, 0, 0};
  const auto run = [&](WallTime from, std::chrono::seconds span, std::vector<std::size_t> alive) {
    writes = {0, 0, 0};
    for (WallTime t = from; t < from + span; t += 100ms)
      for (const std::size_t node : alive) {
        if ((t - from) % 2000ms != node * 700ms || !shall_beat(file, t, node)) continue;
        file = Heartbeat{.time = t, .writer = std::to_string(node)};
        ++writes.at(node);
      }
  };
  run(kNow, 100s, {0, 1, 2});
  EXPECT_THAT(writes, testing::ElementsAre(25, 0, 0));
  run(kNow + 100s, 100s, {1, 2});
  EXPECT_EQ(writes[1], 12);
  EXPECT_LE(writes[2], 1);
  run(kNow + 200s, 100s, {2, 0});
  EXPECT_EQ(writes[2], 0);
}

}  // namespace
}  // namespace bramble
