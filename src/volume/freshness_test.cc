// SPDX-License-Identifier: Apache-2.0
#include "volume/freshness.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

using std::chrono::milliseconds;

class FreshnessTest : public testing::Test {
 protected:
  // Whether that began another epoch.
  bool observe(long nanoseconds, bool folder = true) {
    struct stat status = {};
    status.st_mtim.tv_nsec = nanoseconds;
    const Freshness::Epochs epochs = inode_.observe(Stamp(status), clock_.now(), folder);
    return epochs.before != epochs.now;
  }
  bool verified() const { return inode_.verified(clock_.now(), milliseconds(1000)); }

  FakeClock clock_;
  Freshness inode_;
};

TEST_F(FreshnessTest, IsVerifiedForAsLongAsItIsTrusted) {
  EXPECT_FALSE(verified());
  observe(1);
  EXPECT_TRUE(verified());
  clock_.advance(milliseconds(999));
  EXPECT_TRUE(verified());
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(verified());
  observe(1);
  EXPECT_TRUE(verified());
}

TEST_F(FreshnessTest, AnOlderAnswerDoesNotMakeItOlder) {
  observe(1);
  struct stat status = {};
  status.st_mtim.tv_nsec = 1;
  inode_.observe(Stamp(status), clock_.now() - std::chrono::seconds(5), true);
  EXPECT_TRUE(verified());
}

TEST_F(FreshnessTest, TheSameStampIsTheSameEpoch) {
  EXPECT_FALSE(observe(1));
  EXPECT_FALSE(observe(1));
}

TEST_F(FreshnessTest, AnotherStampBeginsAnEpochAnEarlierOneToo) {
  observe(2);
  EXPECT_TRUE(observe(3));
  observe(3);
  EXPECT_TRUE(observe(1));
}

TEST_F(FreshnessTest, ASizeAndATimeOfChangeAreSeen) {
  struct stat status = {};
  inode_.observe(Stamp(status), clock_.now(), false);
  const std::uint64_t first = inode_.epoch();
  status.st_size = 1;
  inode_.observe(Stamp(status), clock_.now(), false);
  const std::uint64_t second = inode_.epoch();
  status.st_ctim.tv_sec = 1;
  inode_.observe(Stamp(status), clock_.now(), false);
  EXPECT_NE(first, second);
  EXPECT_NE(second, inode_.epoch());
}

// A name may have been looked up on a brick that was behind.
TEST_F(FreshnessTest, AFolderThatChangedIsDoubtedForAWhile) {
  observe(1);
  EXPECT_TRUE(observe(2));
  EXPECT_FALSE(observe(2)) << "two that look at once";
  for (const int ms : {100, 900, 3000, 26'000}) {
    const milliseconds wait(ms);
    clock_.advance(wait - milliseconds(1));
    EXPECT_FALSE(observe(2)) << ms;
    clock_.advance(milliseconds(1));
    EXPECT_TRUE(observe(2)) << ms;
  }
  clock_.advance(std::chrono::hours(1));
  EXPECT_FALSE(observe(2));
}

TEST_F(FreshnessTest, SoIsOneThatMayHaveChangedBeforeItsFirstLook) {
  inode_.doubt(clock_.now());
  EXPECT_FALSE(observe(1));
  clock_.advance(milliseconds(100));
  EXPECT_TRUE(observe(1));
}

TEST_F(FreshnessTest, AFolderThatIsSeldomLookedAtIsDoubtedOnce) {
  observe(1);
  EXPECT_TRUE(observe(2));
  clock_.advance(std::chrono::minutes(1));
  EXPECT_TRUE(observe(2));
  EXPECT_FALSE(observe(2));
}

TEST_F(FreshnessTest, AFileIsNotDoubted) {
  observe(1, false);
  EXPECT_TRUE(observe(2, false));
  EXPECT_FALSE(observe(2, false));
}

TEST_F(FreshnessTest, AnEventBeginsAnEpochThatIsLaterThanAllBefore) {
  Freshness other;
  other.changed();
  const std::uint64_t before = Freshness::last_change();
  EXPECT_LE(other.epoch(), before);
  inode_.changed();
  EXPECT_GT(inode_.epoch(), before);
}

TEST_F(FreshnessTest, WhatALookEndsLingersForSoLongAfterTheLookBefore) {
  struct stat status = {};
  const auto look = [&](milliseconds lingering) {
    ++status.st_mtim.tv_nsec;
    return inode_.observe(Stamp(status), clock_.now(), true, lingering).before;
  };
  look(milliseconds(0));
  clock_.advance(milliseconds(400));
  const std::uint64_t first = look(milliseconds(1000));
  EXPECT_FALSE(inode_.lingers(inode_.epoch(), clock_.now())) << "it is not over";
  clock_.advance(milliseconds(599));
  EXPECT_TRUE(inode_.lingers(first, clock_.now()));
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(inode_.lingers(first, clock_.now()));
  const std::uint64_t second = look(milliseconds(1000));
  EXPECT_FALSE(inode_.lingers(first, clock_.now()));
  EXPECT_TRUE(inode_.lingers(second, clock_.now()));
  const std::uint64_t third = look(milliseconds(0));
  EXPECT_FALSE(inode_.lingers(second, clock_.now()));
  EXPECT_FALSE(inode_.lingers(third, clock_.now()));
}

TEST_F(FreshnessTest, NothingLingersAfterAnEventOrWhenAllIsFoundOut) {
  for (const bool event : {true, false}) {
    observe(1);
    struct stat status = {};
    status.st_size = 1;
    const std::uint64_t ended =
        inode_.observe(Stamp(status), clock_.now(), true, milliseconds(1000)).before;
    EXPECT_TRUE(inode_.lingers(ended, clock_.now()));
    event ? void(inode_.changed()) : inode_.end_lingering();
    EXPECT_FALSE(inode_.lingers(ended, clock_.now())) << event;
  }
}

}  // namespace
}  // namespace bramble
