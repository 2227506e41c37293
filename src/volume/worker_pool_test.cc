// SPDX-License-Identifier: Apache-2.0
#include "volume/worker_pool.hh"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace bramble {
namespace {

using namespace std::chrono_literals;

// Occupies one worker until it is opened.
struct Gate {
  std::promise<void> entered;
  std::promise<void> opened;
  auto task() {
    return [this] {
      entered.set_value();
      opened.get_future().wait();
    };
  }
};

TEST(WorkerPool, RunsWhatIsSubmitted) {
  WorkerPool pool({.threads = 3, .queue_max = 100});
  std::atomic<int> sum = 0;
  std::promise<void> done;
  for (int i = 1; i <= 100; ++i)
    ASSERT_TRUE(pool.try_submit([&, i] {
      if ((sum += i) == 5050) done.set_value();
    }));
  done.get_future().wait();
}

TEST(WorkerPool, TakesWorkThatCannotBeCopied) {
  WorkerPool pool({});
  std::promise<int> answer;
  auto future = answer.get_future();
  ASSERT_TRUE(pool.try_submit([p = std::move(answer)]() mutable { p.set_value(42); }));
  EXPECT_EQ(future.get(), 42);
}

TEST(WorkerPool, AFullQueueRefuses) {
  WorkerPool pool({.threads = 1, .queue_max = 2});
  Gate gate;
  ASSERT_TRUE(pool.try_submit(gate.task()));
  gate.entered.get_future().wait();
  EXPECT_TRUE(pool.try_submit([] {}));
  EXPECT_TRUE(pool.try_submit([] {}));
  EXPECT_FALSE(pool.try_submit([] {}));
  EXPECT_EQ(pool.waiting(), 2U);
  EXPECT_EQ(pool.busy(), 1U);
  gate.opened.set_value();
}

TEST(WorkerPool, StopDropsWhatWaitsAndLetsWhatRunsEnd) {
  WorkerPool pool({.threads = 1, .queue_max = 2});
  Gate gate;
  bool ran = false;
  ASSERT_TRUE(pool.try_submit(gate.task()));
  ASSERT_TRUE(pool.try_submit([&] { ran = true; }));
  gate.entered.get_future().wait();
  std::thread opener([&] {
    while (pool.waiting() != 0) std::this_thread::yield();
    gate.opened.set_value();
  });
  EXPECT_TRUE(pool.stop(1min));
  opener.join();
  EXPECT_FALSE(ran);
  EXPECT_FALSE(pool.try_submit([] {}));
}

TEST(WorkerPool, StopDoesNotWaitForEverForAHungCall) {
  Gate gate;
  std::promise<void> left;
  {
    WorkerPool pool({.threads = 2, .queue_max = 2});
    ASSERT_TRUE(pool.try_submit([&] {
      gate.task()();
      left.set_value();
    }));
    gate.entered.get_future().wait();
    EXPECT_FALSE(pool.stop(1ms));
  }  // the pool is gone, its worker is not
  gate.opened.set_value();
  left.get_future().wait();
}

}  // namespace
}  // namespace bramble
