// SPDX-License-Identifier: Apache-2.0
// Threads for calls that may block: reads of a volume, never on a loop's thread.
//
//     try_submit ──► queue (bounded) ──► one of the workers ──► the task tells its own loop
//         └ full: refused at once, so that a slow volume makes 503s, not memory
//
// Tasks must not throw. A call on a dead peer may never come back, so stop() has a limit: the
// stuck workers are then left behind, and what they use must outlive them (end by _exit).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace bramble {

class WorkerPool {
 public:
  struct Options {
    std::size_t threads = 4;     // at least 1
    std::size_t queue_max = 64;  // tasks that wait for a worker; at least 1
  };

  explicit WorkerPool(Options options);
  ~WorkerPool();  // stop() without a limit, unless stopped before
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs work() on a worker some time later. False, and the work is destroyed unrun: the queue is
  // full, or the pool is stopped. Any thread; does not block.
  template <typename Work>
  bool try_submit(Work work) {
    return enqueue(std::make_unique<TaskOf<Work>>(std::move(work)));
  }

  // Drops what waits in the queue (destroyed unrun, on this thread), lets what runs come to its
  // end, and joins. False: after the patience some worker was still busy; it was left behind.
  bool stop(std::chrono::milliseconds patience);

  std::size_t waiting() const;  // tasks in the queue
  std::size_t busy() const;     // workers at work

 private:
  struct Task {
    virtual ~Task() = default;
    virtual void run() = 0;
  };
  template <typename Work>
  struct TaskOf final : Task {
    explicit TaskOf(Work w) : work(std::move(w)) {}
    void run() override { work(); }
    Work work;
  };
  struct Shared;  // outlives the pool while a worker is stuck

  bool enqueue(std::unique_ptr<Task> task);
  static void serve(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
  std::vector<std::thread> workers_;
};

}  // namespace bramble
