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

Heartbeat beat(WallTime time, bool quiet = false) {
  return {.time = time, .writer = "any", .quiet = quiet};
}
// So many journals, four seconds apart.
Journals journals(std::uint64_t count) {
  Journals all;
  for (std::uint64_t i = 1; i <= count; ++i) all.push_back(1'700'000'000 + 4 * i);
  return all;
}

TEST(Heartbeat, IsReadBackAsItWasWritten) {
  const std::string text = format_heartbeat({.time = kNow, .writer = "cluster01", .quiet = true});
  EXPECT_TRUE(text.starts_with("bramble heartbeat 1700000000.123 quiet cluster01 "));
  const Heartbeat read = parse_heartbeat(text).value();
  EXPECT_EQ(read.time, kNow);
  EXPECT_EQ(read.writer, "cluster01");
  EXPECT_TRUE(read.quiet);
  EXPECT_FALSE(parse_heartbeat(format_heartbeat(beat(kNow))).value().quiet);
}

TEST(Heartbeat, HasOneSizeForAllNamesAndTimes) {
  const std::size_t size = format_heartbeat({.time = kNow, .writer = "a"}).size();
  EXPECT_EQ(format_heartbeat({.time = kNow, .writer = std::string(63, 'b')}).size(), size);
  EXPECT_EQ(format_heartbeat({.time = WallTime(5ms), .writer = "c", .quiet = true}).size(), size);
}

TEST(Heartbeat, AnythingElseIsNone) {
  for (const char* text :
       {"", "\n", "bramble heartbeat 1700000000.123 busy cluster01",
        "bramble heartbeat now busy cluster01\n", "bramble heartbeat 1700000000 busy cluster01\n",
        "bramble heartbeat 1700000000.1 busy cluster01\n",
        "bramble heartbeat 9999999999.123 busy cluster01\n",
        "bramble heartbeat 1700000000.123 busy\n", "bramble heartbeat 1700000000.123 busy a b\n",
        "bramble heartbeat 1700000000.123 lazy a\n", "rubus heartbeat 1700000000.123 busy a\n"})
    EXPECT_FALSE(parse_heartbeat(text).has_value()) << text;
}

TEST(Heartbeat, EachNodeHasMorePatienceThanTheOneBeforeIt) {
  EXPECT_TRUE(shall_beat({.last = std::nullopt, .now = kNow, .place = 2}));
  EXPECT_FALSE(shall_beat({.last = beat(kNow - 3999ms), .now = kNow, .place = 0}));
  EXPECT_TRUE(shall_beat({.last = beat(kNow - 4s), .now = kNow, .place = 0}));
  EXPECT_FALSE(shall_beat({.last = beat(kNow - 7999ms), .now = kNow, .place = 1}));
  EXPECT_TRUE(shall_beat({.last = beat(kNow - 8s), .now = kNow, .place = 1}));
  EXPECT_FALSE(shall_beat({.last = beat(kNow - 11999ms), .now = kNow, .place = 2}));
  EXPECT_TRUE(shall_beat({.last = beat(kNow - 12s), .now = kNow, .place = 2}));
}

TEST(Heartbeat, OneFromTheFarFutureIsReplaced) {
  EXPECT_FALSE(shall_beat({.last = beat(kNow + 2s), .now = kNow}));
  EXPECT_TRUE(shall_beat({.last = beat(kNow + 1h), .now = kNow, .place = 2, .changed = false}));
}

TEST(Heartbeat, IsRareWhereNothingChanges) {
  const auto question = [](WallTime last, bool quiet, bool changed) {
    return BeatQuestion{.last = beat(last, quiet), .now = kNow, .place = 0, .changed = changed};
  };
  EXPECT_FALSE(shall_beat(question(kNow - 123s, true, false)));
  EXPECT_TRUE(shall_beat(question(kNow - 124s, true, false)));
  EXPECT_TRUE(shall_beat(question(kNow - 4s, true, true)));    // something has changed
  EXPECT_TRUE(shall_beat(question(kNow - 4s, false, false)));  // another was promised
}

TEST(Heartbeat, ComesSoonerWhereItIsAwaited) {
  const auto awaited = [](WallTime last, std::size_t place) {
    return shall_beat({.last = beat(last, /*quiet=*/true),
                       .now = kNow,
                       .place = place,
                       .changed = false,
                       .awaited = true});
  };
  EXPECT_FALSE(awaited(kNow - 11999ms, 2));
  EXPECT_TRUE(awaited(kNow - 12s, 2));
}

TEST(ChangeWatch, OneJournalMoreIsTheHeartbeatsOwn) {
  ChangeWatch watch;
  EXPECT_TRUE(watch.changed(beat(kNow), journals(7)));  // since when, nobody knows
  EXPECT_TRUE(watch.changed(beat(kNow), journals(7)));
  EXPECT_FALSE(watch.changed(beat(kNow + 4s), journals(7)));
  EXPECT_FALSE(watch.changed(beat(kNow + 4s), journals(8)));
  EXPECT_TRUE(watch.changed(beat(kNow + 4s), journals(9)));
  EXPECT_FALSE(watch.changed(beat(kNow + 8s), journals(9)));
}

TEST(ChangeWatch, TheFirstJournalOfAllIsTheHeartbeats) {
  ChangeWatch watch;
  EXPECT_TRUE(watch.changed(beat(kNow), journals(0)));
  EXPECT_FALSE(watch.changed(beat(kNow + 4s), journals(0)));
  EXPECT_FALSE(watch.changed(beat(kNow + 4s), journals(1)));
  EXPECT_TRUE(watch.changed(beat(kNow + 4s), journals(2)));
}

TEST(ChangeWatch, WhatCannotBeKnownHasChanged) {
  ChangeWatch watch;
  EXPECT_TRUE(watch.changed(std::nullopt, journals(7)));
  EXPECT_TRUE(watch.changed(beat(kNow), journals(7)));
  EXPECT_TRUE(watch.changed(beat(kNow + 4s), std::nullopt));
  EXPECT_TRUE(watch.changed(beat(kNow + 4s), journals(7)));
  EXPECT_FALSE(watch.changed(beat(kNow + 8s), journals(7)));
}

TEST(Lag, IsTheJourneyOfTheNewestHeartbeatUntilAnotherIsOverdue) {
  EXPECT_EQ(lag_of(beat(kNow - 10s), kNow, 3s), 3s);
  EXPECT_EQ(lag_of(beat(kNow - 10s), kNow, -1s), 0s);  // clocks
  EXPECT_EQ(lag_of(beat(kNow - 24s), kNow, 3s), 3s);
  EXPECT_EQ(lag_of(beat(kNow - 25s), kNow, 3s), 25s);
  EXPECT_EQ(lag_of(beat(kNow - 144s, true), kNow, 3s), 3s);
  EXPECT_EQ(lag_of(beat(kNow - 145s, true), kNow, 3s), 145s);
}

TEST(Lag, IsNotKnownWhereNobodySawTheHeartbeatArrive) {
  EXPECT_EQ(lag_of(beat(kNow - 10s), kNow, std::nullopt), std::nullopt);
  EXPECT_EQ(lag_of(beat(kNow - 25s), kNow, std::nullopt), 25s);
}

// Three nodes that look every two seconds, at different moments; every write ends in a journal.
class ThreeNodes {
 public:
  // The writes of each node in that time. Something else changes as often; never: 0 s.
  std::array<int, 3> run(std::chrono::seconds span, std::vector<std::size_t> alive,
                         std::chrono::seconds changes) {
    std::array<int, 3> writes = {0, 0, 0};
    for (const WallTime end = now_ + span; now_ < end; now_ += 100ms) {
      if (changes > 0s && now_.time_since_epoch() % changes == 0s) ++count_;
      for (const std::size_t node : alive)
        if (now_.time_since_epoch() % 2000ms == node * 700ms && look(node)) ++writes.at(node);
    }
    return writes;
  }

 private:
  bool look(std::size_t node) {
    const bool changed = watches_.at(node).changed(file_, journals(count_));
    if (!shall_beat({.last = file_, .now = now_, .place = node, .changed = changed})) return false;
    file_ = Heartbeat{.time = now_, .writer = "", .quiet = !changed};
    (void)watches_.at(node).changed(file_, journals(count_));
    ++count_;
    return true;
  }

  WallTime now_{std::chrono::seconds(1'700'000'000)};
  std::optional<Heartbeat> file_;
  std::uint64_t count_ = 0;
  std::array<ChangeWatch, 3> watches_;
};

TEST(Heartbeat, TheFirstLivingNodeIsTheOnlyWriter) {
  ThreeNodes nodes;
  EXPECT_THAT(nodes.run(100s, {0, 1, 2}, 1s), testing::ElementsAre(25, 0, 0));
  EXPECT_THAT(nodes.run(100s, {1, 2}, 1s), testing::ElementsAre(0, 12, 0));
  EXPECT_THAT(nodes.run(100s, {2, 0}, 1s), testing::ElementsAre(25, 0, 0));
}

TEST(Heartbeat, AQuietVolumeIsWrittenToEveryTwoMinutes) {
  ThreeNodes nodes;
  (void)nodes.run(60s, {0, 1, 2}, 1s);
  EXPECT_THAT(nodes.run(1240s, {0, 1, 2}, 0s),
              testing::ElementsAre(testing::AllOf(testing::Ge(10), testing::Le(13)), 0, 0));
  EXPECT_THAT(nodes.run(1300s, {1, 2}, 0s),
              testing::ElementsAre(0, testing::AllOf(testing::Ge(9), testing::Le(13)), 0));
}

TEST(Heartbeat, OneThatHasNotArrivedIsMissingSinceItWasWritten) {
  const auto beat = [](int second) { return Heartbeat{.time = WallTime(1s * second)}; };
  MissingBeat missing;
  EXPECT_EQ(missing.age(std::nullopt, std::nullopt, WallTime(100s)), std::nullopt);
  EXPECT_EQ(missing.age(beat(100), WallTime(100s), WallTime(110s)), std::nullopt);
  EXPECT_EQ(missing.age(beat(200), WallTime(100s), WallTime(203s)), 3s) << "a quiet time before";
  EXPECT_EQ(missing.age(beat(208), WallTime(100s), WallTime(213s)), 13s) << "the first one counts";
  EXPECT_EQ(missing.age(beat(216), WallTime(204s), WallTime(223s)), 7s);
  EXPECT_EQ(missing.age(beat(216), WallTime(216s), WallTime(224s)), std::nullopt);
}

// As after a boot, until the clock is set.
TEST(Heartbeat, OneFromTheFutureThatHasArrivedHidesNoneThatIsMissing) {
  const auto beat = [](int second) { return Heartbeat{.time = WallTime(1s * second)}; };
  const WallTime wrong(7300s);
  MissingBeat missing;
  EXPECT_EQ(missing.age(beat(7300), wrong, WallTime(110s)), std::nullopt) << "it is the newest";
  EXPECT_EQ(missing.age(beat(112), wrong, WallTime(113s)), 1s);
  EXPECT_EQ(missing.age(beat(116), wrong, WallTime(120s)), 8s) << "the first one counts";
  EXPECT_EQ(missing.age(beat(120), WallTime(116s), WallTime(123s)), 3s);
  EXPECT_EQ(missing.age(beat(120), WallTime(124s), WallTime(123s)), std::nullopt)
      << "another node's, not seen here yet";
}

TEST(Heartbeat, OneFromTheFutureThatIsMissingIsNotOlderThanTheNext) {
  const auto beat = [](int second) { return Heartbeat{.time = WallTime(1s * second)}; };
  MissingBeat missing;
  EXPECT_EQ(missing.age(beat(7300), WallTime(90s), WallTime(100s)), -7200s);
  EXPECT_EQ(missing.age(beat(112), WallTime(90s), WallTime(113s)), 1s) << "the clock was set";
  EXPECT_EQ(missing.age(beat(116), WallTime(90s), WallTime(500s)), 388s);
}

}  // namespace
}  // namespace bramble
