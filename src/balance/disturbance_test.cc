// SPDX-License-Identifier: Apache-2.0
#include "balance/disturbance.hh"

#include <gtest/gtest.h>

namespace bramble::balance {
namespace {

using std::chrono::milliseconds;

class DisturbanceTest : public testing::Test {
 protected:
  void answers(int count, milliseconds wait) {
    for (int i = 0; i < count; ++i) disturbance_.answered(wait, now_);
  }

  Monotonic now_{std::chrono::hours(1)};
  Disturbance disturbance_;
};

TEST_F(DisturbanceTest, AnswersThatBecomeSlowerBesideLanesSuffer) {
  answers(20, milliseconds(4));
  disturbance_.lane_began();
  answers(40, milliseconds(11));
  EXPECT_TRUE(disturbance_.suffers());
}

TEST_F(DisturbanceTest, AThirdAndFiveMillisecondsAreBorne) {
  answers(20, milliseconds(40));
  disturbance_.lane_began();
  answers(40, milliseconds(56));
  EXPECT_FALSE(disturbance_.suffers());
  answers(40, milliseconds(58));
  EXPECT_TRUE(disturbance_.suffers());
}

TEST_F(DisturbanceTest, AFewSayNothing) {
  answers(15, milliseconds(1));
  disturbance_.lane_began();
  answers(40, milliseconds(50));
  EXPECT_FALSE(disturbance_.suffers()) << "how long they took without is not known";
  disturbance_.lane_ended(now_);
  now_ += milliseconds(250);
  answers(1, milliseconds(1));
  disturbance_.lane_began();
  answers(15, milliseconds(50));
  EXPECT_FALSE(disturbance_.suffers());
  answers(1, milliseconds(50));
  EXPECT_TRUE(disturbance_.suffers());
}

TEST_F(DisturbanceTest, OneSlowAnswerIsNoise) {
  answers(20, milliseconds(2));
  disturbance_.lane_began();
  answers(20, milliseconds(2));
  answers(1, milliseconds(900));
  EXPECT_FALSE(disturbance_.suffers());
}

TEST_F(DisturbanceTest, WhatWaitsInQueuesBehindTheLastLaneCountsForNeither) {
  answers(20, milliseconds(2));
  disturbance_.lane_began();
  disturbance_.lane_ended(now_);
  now_ += milliseconds(249);
  answers(40, milliseconds(60));
  disturbance_.lane_began();
  answers(40, milliseconds(20));
  EXPECT_TRUE(disturbance_.suffers()) << "2 ms are remembered";
}

// It was not the lanes.
TEST_F(DisturbanceTest, WhereAnswersStaySlowWithoutLanesNothingSuffers) {
  answers(20, milliseconds(2));
  disturbance_.lane_began();
  answers(40, milliseconds(50));
  disturbance_.lane_ended(now_);
  now_ += milliseconds(250);
  answers(60, milliseconds(50));
  disturbance_.lane_began();
  answers(40, milliseconds(50));
  EXPECT_FALSE(disturbance_.suffers());
}

}  // namespace
}  // namespace bramble::balance
