// SPDX-License-Identifier: Apache-2.0
#include "volume/worker_pool.hh"

#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/result.hh"

namespace bramble {

struct WorkerPool::Shared {
  std::mutex mutex;
  std::condition_variable work_came;  // or stopping
  std::condition_variable worker_ended;
  std::deque<std::unique_ptr<Task>> queue;
  std::deque<std::unique_ptr<Thing>> discarded;  // goes before the queue, and stays at the end
  std::size_t queue_max = 0;
  std::size_t busy = 0;
  std::size_t alive = 0;
  bool stopping = false;
};

WorkerPool::WorkerPool(Options options) : shared_(std::make_shared<Shared>()) {
  BRAMBLE_CHECK(options.threads > 0 && options.queue_max > 0);
  shared_->queue_max = options.queue_max;
  shared_->alive = options.threads;
  workers_.reserve(options.threads);
  for (std::size_t i = 0; i < options.threads; ++i)
    workers_.emplace_back([shared = shared_] { serve(shared); });
}

WorkerPool::~WorkerPool() {
  if (!workers_.empty()) (void)stop(std::chrono::milliseconds::max());
}

bool WorkerPool::enqueue(std::unique_ptr<Task> task) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->stopping || shared_->queue.size() >= shared_->queue_max) return false;
    shared_->queue.push_back(std::move(task));
  }
  shared_->work_came.notify_one();
  return true;
}

void WorkerPool::leave(std::unique_ptr<Thing> thing) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->alive == 0) return;
    shared_->discarded.push_back(std::move(thing));
  }
  shared_->work_came.notify_one();
}

void WorkerPool::serve(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->work_came.wait(lock, [&] {
      return shared->stopping || !shared->queue.empty() || !shared->discarded.empty();
    });
    std::unique_ptr<Thing> thing;
    std::unique_ptr<Task> task;
    if (!shared->discarded.empty()) {
      thing = std::move(shared->discarded.front());
      shared->discarded.pop_front();
    } else if (shared->stopping) {
      break;
    } else {
      task = std::move(shared->queue.front());
      shared->queue.pop_front();
    }
    ++shared->busy;
    lock.unlock();
    thing.reset();
    if (task != nullptr) task->run();
    task.reset();  // what it holds goes before the worker counts as free
    lock.lock();
    --shared->busy;
  }
  --shared->alive;
  shared->worker_ended.notify_all();
}

bool WorkerPool::stop(std::chrono::milliseconds patience) {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  for (std::unique_ptr<Task>& task : shared_->queue) shared_->discarded.push_back(std::move(task));
  shared_->queue.clear();
  shared_->work_came.notify_all();
  const auto all_ended = [&] { return shared_->alive == 0; };
  if (patience == std::chrono::milliseconds::max())
    shared_->worker_ended.wait(lock, all_ended);
  else
    shared_->worker_ended.wait_for(lock, patience, all_ended);
  const bool ended = all_ended();
  lock.unlock();
  for (std::thread& worker : workers_) ended ? worker.join() : worker.detach();
  workers_.clear();
  return ended;
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->queue.size();
}

std::size_t WorkerPool::busy() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->busy;
}

}  // namespace bramble
