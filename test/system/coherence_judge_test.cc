// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "system/coherence.hh"

namespace bramble::test {
namespace {

constexpr std::int64_t kMs = 1'000'000;

// "a" has been 1:1 since 1000 ms, and is 2:1 since a change from 2000 to 2010 ms.
class CoherenceJudgeTest : public ::testing::Test {
 protected:
  CoherenceJudgeTest() {
    parse_changes(
        "1000000000 1010000000 name a 1:1\n"
        "2000000000 2010000000 content a 2:1\n",
        100 * kMs, 1100 * kMs, history_);
  }
  static Read read(std::int64_t at, std::string state) {
    return {.begin = at * kMs,
            .end = (at + 1) * kMs,
            .key = "a",
            .state = std::move(state),
            .where = {}};
  }
  bool right(std::int64_t at, const std::string& state) const {
    return judge(history_, read(at, state)).empty();
  }
  // Where a reader that keeps nothing saw the old state at that time.
  bool excused(const Read& wrong, std::int64_t witnessed_at) const {
    return excuses(faults_of_the_volume(history_, {read(witnessed_at, wrong.state)}), wrong,
                   1100 * kMs);
  }

  History history_;
};

TEST_F(CoherenceJudgeTest, AStateMayBeSeenFromItsChangesBeginningToThePromiseOfTheNext) {
  EXPECT_FALSE(right(998, "1:1"));
  EXPECT_TRUE(right(1000, "1:1"));
  EXPECT_TRUE(right(2109, "1:1"));
  EXPECT_FALSE(right(2110, "1:1"));
  EXPECT_TRUE(right(2110, "2:1"));
  EXPECT_TRUE(right(2109, "-")) << "on the way";
  EXPECT_FALSE(right(2110, "-"));
  EXPECT_FALSE(right(2050, "torn"));
}

TEST_F(CoherenceJudgeTest, WhatWasSeenInGoodTimeIsNoExcuse) {
  EXPECT_FALSE(excused(read(2110, "1:1"), 1999));
  EXPECT_FALSE(excused(read(2110, "1:1"), 2009));
}

TEST_F(CoherenceJudgeTest, AFaultOfTheVolumeIsOneForAsLongAsItMayBeKept) {
  EXPECT_TRUE(excused(read(2110, "1:1"), 2011));
  EXPECT_TRUE(excused(read(2600, "1:1"), 3000));
  EXPECT_TRUE(excused(read(3111, "1:1"), 2011));
  EXPECT_FALSE(excused(read(3112, "1:1"), 2011));
  EXPECT_TRUE(excused(read(2110, "1:1"), 3111));
  EXPECT_FALSE(excused(read(2110, "1:1"), 3112));
}

TEST_F(CoherenceJudgeTest, WhileTheVolumeCannotBeReadWhatIsKeptMayBeGiven) {
  const std::vector<Read> faults = faults_of_the_volume(history_, {read(4000, kUnread)});
  EXPECT_TRUE(excuses(faults, read(3500, "1:1"), 1100 * kMs));
  EXPECT_TRUE(excuses(faults, read(5000, "1:1"), 1100 * kMs));
  EXPECT_FALSE(excuses(faults, read(5001, "1:1"), 1100 * kMs));
  EXPECT_FALSE(excuses(faults, read(2900, "1:1"), 1100 * kMs));
}

TEST_F(CoherenceJudgeTest, TellsHowLateWhatIsRightWas) {
  Lateness latest;
  measure(history_, read(2050, "1:1"), latest);
  measure(history_, read(2060, "2:1"), latest);
  measure(history_, read(2005, "1:1"), latest);
  EXPECT_EQ(latest[100 * kMs], 40 * kMs);
  EXPECT_EQ(latest[1100 * kMs], 0);
}

TEST_F(CoherenceJudgeTest, WhatMayHaveStayedIsNotLate) {
  parse_changes("3000000000 3010000000 content a ?\n", 100 * kMs, 1100 * kMs, history_);
  Lateness latest;
  EXPECT_TRUE(right(5000, "2:1"));
  measure(history_, read(5000, "2:1"), latest);
  EXPECT_EQ(latest[100 * kMs], 0);
}

}  // namespace
}  // namespace bramble::test
