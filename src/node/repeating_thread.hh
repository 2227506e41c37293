// SPDX-License-Identifier: Apache-2.0
// A thread that does the same again and again, for what may hang: a volume, a disk, a command.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "volume/worker_pool.hh"

namespace bramble {

class RepeatingThread {
 public:
  // Begins at once, and pauses after each time. What is done on the thread must own what it uses,
  // or that must outlive the process.
  RepeatingThread(std::chrono::milliseconds pause, std::function<void()> done);
  // Lets it come to its end for a second; then the thread is left behind.
  ~RepeatingThread();
  RepeatingThread(const RepeatingThread&) = delete;
  RepeatingThread& operator=(const RepeatingThread&) = delete;

 private:
  struct Stop;

  std::shared_ptr<Stop> stop_;
  WorkerPool thread_{{.threads = 1, .queue_max = 1}};
};

}  // namespace bramble
