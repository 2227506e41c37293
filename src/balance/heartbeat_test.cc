// SPDX-License-Identifier: Apache-2.0
#include "balance/heartbeat.hh"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace bramble::balance {
namespace {

// Counts what was told, and waits for more of it.
class Told {
 public:
  void tell() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  int wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ >= count; });
    return count_;
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST(Heartbeat, IsSilentWhileALoopDoesNotTurn) {
  const auto control = Loop::create().value(), good = Loop::create().value(),
             bad = Loop::create().value();
  Told alive, turns, stuck, go;
  const Heartbeat heartbeat(*control, {good.get(), bad.get()}, std::chrono::milliseconds(10),
                            [&] { alive.tell(); });
  std::vector<std::jthread> threads;
  for (Loop* loop : {control.get(), good.get(), bad.get()})
    threads.emplace_back([loop] { loop->run(); });
  EXPECT_GE(alive.wait_for(3), 3);

  bad->post([&] {
    stuck.tell();
    go.wait_for(1);
  });
  stuck.wait_for(1);
  // A beat may have been answered just before: after two more intervals that is over.
  const auto intervals = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const int before = turns.count();
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      control->post([&] { turns.tell(); });
      turns.wait_for(before + 1);
    }
  };
  intervals(2);
  const int before = alive.count();
  intervals(3);
  EXPECT_EQ(alive.count(), before);

  go.tell();
  EXPECT_GT(alive.wait_for(before + 1), before) << "and speaks when it turns again";
  for (Loop* loop : {control.get(), good.get(), bad.get()}) loop->stop();
}

}  // namespace
}  // namespace bramble::balance
