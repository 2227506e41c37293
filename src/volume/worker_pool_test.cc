// SPDX-License-Identifier: Apache-2.0
#include "volume/worker_pool.hh"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace bramble {
namespace {

using namespace std::chrono_literals;

// Occupies one worker until it is opened. To be made before the pool, as all that its workers use.
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
  std::atomic<int> sum = 0;
  std::promise<void> done;
  WorkerPool pool({.threads = 3, .queue_max = 100});
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
  Gate gate;
  WorkerPool pool({.threads = 1, .queue_max = 2});
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
  Gate gate;
  bool ran = false;
  WorkerPool pool({.threads = 1, .queue_max = 2});
  ASSERT_TRUE(pool.try_submit(gate.task()));
  ASSERT_TRUE(pool.try_submit([&] { ran = true; }));
  gate.entered.get_future().wait();
  std::thread opener([&] {
    while (pool.waiting() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    gate.opened.set_value();
  });
  EXPECT_TRUE(pool.stop(1min));
  opener.join();
  EXPECT_FALSE(ran);
  EXPECT_FALSE(pool.try_submit([] {}));
}

// Tells at its end on which thread that was.
class Witness {
 public:
  explicit Witness(std::promise<std::thread::id>& died) : died_(&died) {}
  Witness(Witness&& other) noexcept : died_(std::exchange(other.died_, nullptr)) {}
  Witness& operator=(Witness&&) = delete;
  ~Witness() {
    if (died_ != nullptr) died_->set_value(std::this_thread::get_id());
  }

 private:
  std::promise<std::thread::id>* died_;
};

TEST(WorkerPool, WhatIsDiscardedIsNeverRefusedAndEndsOnAWorker) {
  Gate gate;
  std::promise<std::thread::id> first, second;
  WorkerPool pool({.threads = 1, .queue_max = 1});
  ASSERT_TRUE(pool.try_submit(gate.task()));
  gate.entered.get_future().wait();
  ASSERT_TRUE(pool.try_submit([] {}));
  pool.discard(Witness(first));
  pool.discard(Witness(second));
  EXPECT_FALSE(pool.try_submit([] {})) << "the queue is full";
  EXPECT_EQ(pool.waiting(), 1U);
  auto end = first.get_future();
  EXPECT_EQ(end.wait_for(0s), std::future_status::timeout) << "its only worker is stuck";
  gate.opened.set_value();
  EXPECT_NE(end.get(), std::this_thread::get_id());
  EXPECT_NE(second.get_future().get(), std::this_thread::get_id());
}

TEST(WorkerPool, WhatStopDropsEndsOnAWorkerToo) {
  Gate gate;
  std::promise<std::thread::id> dropped, discarded, late;
  WorkerPool pool({.threads = 1, .queue_max = 2});
  ASSERT_TRUE(pool.try_submit(gate.task()));
  gate.entered.get_future().wait();
  ASSERT_TRUE(pool.try_submit([witness = Witness(dropped)] {}));
  pool.discard(Witness(discarded));
  std::thread opener([&] {
    while (pool.waiting() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    gate.opened.set_value();
  });
  EXPECT_TRUE(pool.stop(1min));
  opener.join();
  EXPECT_NE(dropped.get_future().get(), std::this_thread::get_id());
  EXPECT_NE(discarded.get_future().get(), std::this_thread::get_id());
  pool.discard(Witness(late));
  EXPECT_EQ(late.get_future().get(), std::this_thread::get_id()) << "no worker is left";
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
