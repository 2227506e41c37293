// SPDX-License-Identifier: Apache-2.0
#include "net/timer.hh"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

namespace bramble {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Recorder final : public Timer {
 public:
  explicit Recorder(TimerWheel& wheel, const Monotonic& now) : wheel_(wheel), now_(now) {}
  ~Recorder() override = default;
  using Timer::disarm;

  std::vector<Monotonic> fired;
  milliseconds again{0};

 private:
  void on_timer() override {
    fired.push_back(now_);
    if (again.count() > 0) wheel_.arm(*this, now_ + again);
  }
  TimerWheel& wheel_;
  const Monotonic& now_;
};

class TimerWheelTest : public ::testing::Test {
 protected:
  // As the loop does: sleeps until next(), then advances.
  void pass(std::chrono::nanoseconds span) {
    const Monotonic end = now + std::chrono::duration_cast<Monotonic::duration>(span);
    for (;;) {
      const std::optional<Monotonic> next = wheel.next();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      wheel.advance(now);
      ++wakes;
    }
    now = end;
    wheel.advance(now);
  }

  Monotonic now{hours(3)};
  TimerWheel wheel{now};
  int wakes = 0;
};

TEST_F(TimerWheelTest, FiresOnceAtItsDeadlineOrUpToATickLaterAndNeverBefore) {
  for (const auto span : {milliseconds(1), milliseconds(10), milliseconds(639), milliseconds(640),
                          milliseconds(641), milliseconds(41'000), milliseconds(3'000'000)}) {
    Recorder timer(wheel, now);
    const Monotonic deadline = now + span;
    wheel.arm(timer, deadline);
    pass(span + milliseconds(20));
    ASSERT_EQ(timer.fired.size(), 1U) << span.count();
    EXPECT_GE(timer.fired[0], deadline);
    EXPECT_LE(timer.fired[0], deadline + milliseconds(10));
    EXPECT_FALSE(timer.armed());
  }
}

TEST_F(TimerWheelTest, ADeadlineBeyondTheLastLevelIsKept) {
  Recorder timer(wheel, now);
  wheel.arm(timer, now + hours(200));
  pass(hours(199));
  EXPECT_TRUE(timer.fired.empty());
  pass(hours(2));
  EXPECT_EQ(timer.fired.size(), 1U);
}

TEST_F(TimerWheelTest, ADisarmedTimerDoesNotFire) {
  Recorder timer(wheel, now);
  wheel.arm(timer, now + seconds(1));
  wheel.disarm(timer);
  EXPECT_FALSE(wheel.next());
  pass(seconds(2));
  EXPECT_TRUE(timer.fired.empty());
}

TEST_F(TimerWheelTest, PushingADeadlineOnCostsNoWakeBeforeTheFirstOne) {
  Recorder timer(wheel, now);
  for (int i = 0; i < 1000; ++i) {
    wheel.arm(timer, now + seconds(10));
    pass(milliseconds(1));
  }
  EXPECT_EQ(wakes, 0);
  pass(milliseconds(9'990));
  EXPECT_TRUE(timer.fired.empty());
  pass(milliseconds(20));
  EXPECT_EQ(timer.fired.size(), 1U);
}

TEST_F(TimerWheelTest, ADeadlineCanBeMovedForward) {
  Recorder timer(wheel, now);
  wheel.arm(timer, now + minutes(10));
  wheel.arm(timer, now + seconds(1));
  pass(milliseconds(1'010));
  EXPECT_EQ(timer.fired.size(), 1U);
}

TEST_F(TimerWheelTest, ATimerMayArmItselfAgain) {
  Recorder timer(wheel, now);
  timer.again = milliseconds(100);
  wheel.arm(timer, now + milliseconds(100));
  pass(seconds(1));
  EXPECT_GE(timer.fired.size(), 9U);
  EXPECT_LE(timer.fired.size(), 10U);
}

TEST_F(TimerWheelTest, ADestroyedTimerIsGone) {
  {
    Recorder timer(wheel, now);
    wheel.arm(timer, now + seconds(1));
  }
  EXPECT_FALSE(wheel.next());
  pass(seconds(2));
}

TEST_F(TimerWheelTest, ThousandsAtRandomFireWithinTheirTick) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> span(0, 5'000'000);
  std::deque<Recorder> timers;
  for (int i = 0; i < 2000; ++i) {
    Recorder& timer = timers.emplace_back(wheel, now);
    wheel.arm(timer, now + milliseconds(span(random)));
    pass(milliseconds(span(random) / 1'000));
    if (i % 3 == 0) wheel.arm(timer, now + milliseconds(span(random)));
    if (i % 7 == 0) wheel.disarm(timer);
  }
  std::vector<Monotonic> deadlines;
  std::vector<bool> was_armed;
  for (Recorder& timer : timers) {
    deadlines.push_back(timer.deadline());
    was_armed.push_back(timer.armed());
    timer.fired.clear();
  }
  pass(milliseconds(5'000'100));
  for (std::size_t i = 0; i < timers.size(); ++i) {
    ASSERT_EQ(timers[i].fired.size(), was_armed[i] ? 1U : 0U);
    if (!was_armed[i]) continue;
    EXPECT_GE(timers[i].fired[0], deadlines[i]);
    EXPECT_LE(timers[i].fired[0], deadlines[i] + milliseconds(10));
  }
}

}  // namespace
}  // namespace bramble
