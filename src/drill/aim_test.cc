// SPDX-License-Identifier: Apache-2.0
#include "drill/aim.hh"

#include <gtest/gtest.h>

#include <thread>

namespace bramble::drill {
namespace {

using namespace std::chrono_literals;

class AimTest : public testing::Test {
 protected:
  void break_server(std::size_t server) {
    aim_.breaks(server);
    aim_.has_broken();
  }

  Aim aim_{{"a", "b", "c"}, 3};
};

TEST_F(AimTest, NobodyIsDueBeforeItsByteHasCome) {
  aim_.begun(0, "b");
  EXPECT_EQ(aim_.next(0ms), std::nullopt);
  aim_.byte_has_come(0);
  EXPECT_EQ(aim_.next(0ms), 1U);
}

TEST_F(AimTest, ADownloadIsHitOnce) {
  aim_.begun(0, "b");
  aim_.byte_has_come(0);
  break_server(1);
  EXPECT_EQ(aim_.next(0ms), std::nullopt);
  EXPECT_TRUE(aim_.ended(0));
  EXPECT_FALSE(aim_.ended(0));
}

TEST_F(AimTest, OneThatWasHitForAnotherIsNotDueAnyMore) {
  aim_.begun(0, "b");
  aim_.begun(1, "b");
  aim_.begun(2, "c");
  aim_.byte_has_come(0);
  break_server(1);
  aim_.byte_has_come(1);
  EXPECT_EQ(aim_.next(0ms), std::nullopt);
  EXPECT_TRUE(aim_.ended(1));
  EXPECT_FALSE(aim_.ended(2));
}

TEST_F(AimTest, TheLongestDueIsFirst) {
  aim_.begun(0, "a");
  aim_.begun(1, "b");
  aim_.byte_has_come(1);
  aim_.byte_has_come(0);
  EXPECT_EQ(aim_.next(0ms), 1U);
  break_server(1);
  EXPECT_EQ(aim_.next(0ms), 0U);
}

TEST_F(AimTest, OneThatIsOverHasNoTurnAnyMore) {
  aim_.begun(0, "a");
  aim_.byte_has_come(0);
  EXPECT_FALSE(aim_.ended(0));
  EXPECT_EQ(aim_.next(0ms), std::nullopt);
}

TEST_F(AimTest, WhatEndsOrBeginsDuringTheDeedIsNotHit) {
  aim_.begun(0, "a");
  aim_.begun(1, "a");
  aim_.breaks(0);
  EXPECT_FALSE(aim_.ended(0));
  aim_.begun(0, "a");
  aim_.begun(2, "a");
  aim_.has_broken();
  EXPECT_FALSE(aim_.ended(0));
  EXPECT_TRUE(aim_.ended(1));
  EXPECT_FALSE(aim_.ended(2));
}

TEST_F(AimTest, OthersThanOursAreNeverDue) {
  aim_.begun(0, "offsite");
  aim_.byte_has_come(0);
  EXPECT_EQ(aim_.next(0ms), std::nullopt);
  break_server(0);
  EXPECT_FALSE(aim_.ended(0));
}

TEST_F(AimTest, WhoWaitsIsTold) {
  std::thread visitor([this] {
    std::this_thread::sleep_for(20ms);
    aim_.begun(2, "c");
    aim_.byte_has_come(2);
  });
  EXPECT_EQ(aim_.next(10s), 2U);
  visitor.join();
}

}  // namespace
}  // namespace bramble::drill
