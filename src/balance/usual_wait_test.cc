// SPDX-License-Identifier: Apache-2.0
#include "balance/usual_wait.hh"

#include <gtest/gtest.h>

namespace bramble::balance {
namespace {

using std::chrono::milliseconds;

class UsualWaitTest : public testing::Test {
 protected:
  void answers(int count, milliseconds after) {
    for (int i = 0; i < count; ++i) counted_.observe(after);
  }
  void tick(int seconds = 1) {
    for (int i = 0; i < seconds; ++i) {
      http::Distribution total;
      counted_.add_to(total);
      usual_.tick(total);
    }
  }

  http::Histogram counted_;
  UsualWait usual_;
};

TEST_F(UsualWaitTest, OfTooFewAnswersNothingIsKnown) {
  answers(19, milliseconds(3));
  tick();
  EXPECT_EQ(usual_.p95(), milliseconds(0));
}

TEST_F(UsualWaitTest, AFewSlowAnswersDoNotCount) {
  answers(960, milliseconds(2));
  answers(40, milliseconds(400));
  tick();
  EXPECT_GT(usual_.p95(), milliseconds(1));
  EXPECT_LE(usual_.p95(), milliseconds(3));
}

TEST_F(UsualWaitTest, OneOfTenDoes) {
  answers(90, milliseconds(2));
  answers(10, milliseconds(400));
  tick();
  EXPECT_EQ(usual_.p95(), milliseconds(375)) << "in the middle of 250 to 500";
}

TEST_F(UsualWaitTest, ForgetsWhatWasLongAgo) {
  answers(100, milliseconds(400));
  tick(60);
  EXPECT_EQ(usual_.p95(), milliseconds(0)) << "nothing was asked since";
  answers(100, milliseconds(2));
  tick();
  EXPECT_LE(usual_.p95(), milliseconds(3));
}

TEST_F(UsualWaitTest, CountsAnswersThatNobodyWaitedFor) {
  answers(90, milliseconds(2));
  for (int i = 0; i < 10; ++i) usual_.gave_up_after(milliseconds(300));
  tick();
  EXPECT_GE(usual_.p95(), milliseconds(250));
}

TEST_F(UsualWaitTest, BeyondAllBoundsItIsTheLastOne) {
  answers(100, milliseconds(90'000));
  tick();
  EXPECT_EQ(usual_.p95(), http::kBucketBounds.back());
}

}  // namespace
}  // namespace bramble::balance
