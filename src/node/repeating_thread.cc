// SPDX-License-Identifier: Apache-2.0
#include "node/repeating_thread.hh"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/result.hh"

namespace bramble {

struct RepeatingThread::Stop {
  std::mutex mutex;
  std::condition_variable wanted;
  bool stopping = false;

  bool comes_within(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    return wanted.wait_for(lock, time, [this] { return stopping; });
  }
};

RepeatingThread::RepeatingThread(std::chrono::milliseconds pause, std::function<void()> done)
    : stop_(std::make_shared<Stop>()) {
  BRAMBLE_CHECK(thread_.try_submit([stop = stop_, pause, done = std::move(done)] {
    do done();
    while (!stop->comes_within(pause));
  }));
}

RepeatingThread::~RepeatingThread() {
  {
    const std::lock_guard lock(stop_->mutex);
    stop_->stopping = true;
  }
  stop_->wanted.notify_all();
  (void)thread_.stop();
}

}  // namespace bramble
