// SPDX-License-Identifier: Apache-2.0
#include "node/repeating_thread.hh"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace bramble {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(RepeatingThread, BeginsAtOnceAndEndsInItsPause) {
  std::promise<void> done;
  const RepeatingThread thread(hours(1), [&] { done.set_value(); });
  done.get_future().wait();
}

TEST(RepeatingThread, DoesItAgainAndAgain) {
  std::atomic<int> times = 0;
  {
    const RepeatingThread thread(milliseconds(1), [&] { ++times; });
    while (times < 10) std::this_thread::sleep_for(milliseconds(1));
  }
  const int at_the_end = times;
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(times, at_the_end);
}

TEST(RepeatingThread, OneThatHangsIsLeftBehind) {
  struct Hang {
    std::promise<void> begun, ends;
    std::promise<void> over;
  };
  const auto hang = std::make_shared<Hang>();
  {
    const RepeatingThread thread(milliseconds(1), [hang] {
      hang->begun.set_value();
      hang->ends.get_future().wait();
      hang->over.set_value();
    });
    hang->begun.get_future().wait();
  }
  hang->ends.set_value();
  hang->over.get_future().wait();
}

}  // namespace
}  // namespace bramble
