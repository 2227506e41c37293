// SPDX-License-Identifier: Apache-2.0
#include "node/split_brain.hh"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace bramble {
namespace {

constexpr const char* kTold =
    "Brick 10.0.0.1:/srv/brick/web\nStatus: Connected\nNumber of entries in split-brain: 1\n\n"
    "Brick 10.0.0.2:/srv/brick/web\n/a/b.html\n<gfid:0815>\nStatus: Connected\n"
    "Number of entries in split-brain: 2\n\n"
    "Brick 10.0.0.3:/srv/brick/web\nStatus: Transport endpoint is not connected\n"
    "Number of entries in split-brain: -\n\n";

TEST(SplitBrain, TheBrickThatKnowsOfMostCounts) {
  EXPECT_EQ(parse_split_brain(kTold), 2U);
  EXPECT_EQ(parse_split_brain("Number of entries in split-brain: 0"), 0U);
  EXPECT_EQ(parse_split_brain("Number of entries in split-brain: -\n"), std::nullopt);
  EXPECT_EQ(parse_split_brain("Volume web does not exist\n"), std::nullopt);
  EXPECT_EQ(parse_split_brain(""), std::nullopt);
}

class SplitBrainTest : public ::testing::Test {
 protected:
  // Waits for the thread's outcome.
  void expect(std::optional<std::uint64_t> files) {
    while (split.observe(1) != files) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  FakeClock clock;
  std::atomic<int> asked = 0;
  std::atomic<bool> fails = false;
  SplitBrain split{clock, [this]() -> Result<std::string> {
                     ++asked;
                     if (fails) return failure("glusterd is not running");
                     return std::string(kTold);
                   }};
};

TEST_F(SplitBrainTest, NobodyIsAskedWhileThereIsNothingToHeal) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(split.observe(0), 0U);
    clock.advance(std::chrono::seconds(2));
  }
  EXPECT_EQ(asked, 0);
}

TEST_F(SplitBrainTest, WhatHealsWithinAMinuteIsNotAskedFor) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(split.observe(i % 20 == 0 ? 0 : 3), 0U);
    clock.advance(std::chrono::seconds(2));
  }
  EXPECT_EQ(asked, 0);
}

TEST_F(SplitBrainTest, WhatStaysToBeHealedIsAskedForEachMinute) {
  EXPECT_EQ(split.observe(1), std::nullopt) << "not known yet";
  clock.advance(SplitBrain::kEvery);
  expect(2);
  clock.advance(SplitBrain::kEvery - std::chrono::seconds(1));
  EXPECT_EQ(split.observe(1), 2U);
  EXPECT_EQ(asked, 1);
  fails = true;
  clock.advance(std::chrono::seconds(1));
  expect(std::nullopt);
  fails = false;
  clock.advance(SplitBrain::kEvery);
  expect(2);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(split.observe(0), 0U);
}

}  // namespace
}  // namespace bramble
