// SPDX-License-Identifier: Apache-2.0
// Threads for calls that may block: reads of a volume, never on a loop's thread.
//
//     try_submit ──► queue (bounded) ──► one of the workers ──► the task tells its own loop
//         └ full: refused at once, so that a slow volume makes 503s, not memory
//     discard ─────► never refused: the worker that is free next destroys it
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

  // Runs work() on a worker some time later. False, and the work is destroyed unrun on this thread:
  // the queue is full, or the pool is stopped. Any thread; does not block.
  template <typename Work>
  bool try_submit(Work work) {
    return enqueue(std::make_unique<TaskOf<Work>>(std::move(work)));
  }

  // Destroys the thing on a worker, before any task that waits: for what may block at its end, too.
  // Never refuses, so as many wait as were given out before. Once every worker has ended, it is
  // destroyed on this thread. Any thread; does not block.
  template <typename Held>
  void discard(Held thing) {
    leave(std::make_unique<ThingOf<Held>>(std::move(thing)));
  }

  // Drops what waits in the queue (unrun, and destroyed by the workers), lets what runs come to its
  // end, and joins. False: after the patience some worker was still busy; it was left behind, and
  // what is not yet destroyed with it.
  bool stop(std::chrono::milliseconds patience = std::chrono::seconds(1));

  std::size_t waiting() const;  // tasks in the queue
  std::size_t busy() const;     // workers at work

 private:
  struct Thing {
    virtual ~Thing() = default;
  };
  template <typename Held>
  struct ThingOf final : Thing {
    explicit ThingOf(Held h) : held(std::move(h)) {}
    Held held;
  };
  struct Task : Thing {
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
  void leave(std::unique_ptr<Thing> thing);
  static void serve(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
  std::vector<std::thread> workers_;
};

}  // namespace bramble
