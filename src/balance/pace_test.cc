// SPDX-License-Identifier: Apache-2.0
#include "balance/pace.hh"

#include <gtest/gtest.h>

namespace bramble::balance {
namespace {

using std::chrono::seconds;

const Monotonic kStart = Monotonic(std::chrono::hours(1));

TEST(Pace, GivesGraceAndThenAsksForItsRate) {
  Pace pace;
  pace.wait(kStart);
  EXPECT_FALSE(pace.too_slow(seconds(30), 500, kStart + seconds(30)));
  EXPECT_TRUE(pace.too_slow(seconds(30), 500, kStart + seconds(31)));
  pace.received(5000, kStart + seconds(31));
  EXPECT_FALSE(pace.too_slow(seconds(30), 500, kStart + seconds(31))) << "10 s are paid for";
}

TEST(Pace, AByteNowAndThenIsTooSlow) {
  Pace pace;
  Monotonic now = kStart;
  int bytes = 0;
  while (!pace.too_slow(seconds(30), 500, now) && bytes < 1000) {
    pace.wait(now);
    now += std::chrono::milliseconds(100);
    pace.received(1, now);
    ++bytes;
  }
  EXPECT_EQ(bytes, 307);
}

TEST(Pace, TimeThatTheBackendTakesIsNotTheVisitors) {
  Pace pace;
  pace.wait(kStart);
  pace.received(1, kStart + seconds(1));
  EXPECT_FALSE(pace.too_slow(seconds(30), 500, kStart + seconds(1000)));
}

TEST(Pace, ARateOfNoneAsksForNothing) {
  Pace pace;
  pace.wait(kStart);
  EXPECT_FALSE(pace.too_slow(seconds(30), 0, kStart + seconds(1000)));
}

}  // namespace
}  // namespace bramble::balance
