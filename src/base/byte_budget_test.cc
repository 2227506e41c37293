// SPDX-License-Identifier: Apache-2.0
#include "base/byte_budget.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

TEST(ByteBudget, EachTakesHalfOfWhatIsLeftWithinItsLimits) {
  ByteBudget budget(1000);
  EXPECT_EQ(budget.take(100, 300), 300U);
  EXPECT_EQ(budget.take(100, 1000), 350U);
  EXPECT_EQ(budget.take(200, 300), 200U);
  EXPECT_EQ(budget.take(200, 300), 0U) << "nothing rather than less";
  EXPECT_EQ(budget.take(100, 300), 100U);
  budget.give_back(100);
  EXPECT_EQ(budget.take(150, 150), 150U);
  EXPECT_EQ(budget.take(1, 1), 0U);
}

TEST(ByteBudget, AShareIsGivenBackAtItsEnd) {
  ByteBudget budget(100);
  {
    ByteShare share(budget, 60, 60);
    EXPECT_EQ(share.bytes(), 60U);
    EXPECT_EQ(ByteShare(budget, 60, 60).bytes(), 0U);
    ByteShare moved(std::move(share));
    EXPECT_EQ(moved.bytes(), 60U);
    moved.shrink_to(70);
    moved.shrink_to(20);
    EXPECT_EQ(ByteShare(budget, 80, 80).bytes(), 80U);
    moved = ByteShare(budget, 50, 50);
    EXPECT_EQ(moved.bytes(), 50U);
    EXPECT_EQ(ByteShare(budget, 51, 51).bytes(), 0U);
  }
  EXPECT_EQ(budget.take(100, 100), 100U);
}

}  // namespace
}  // namespace bramble
