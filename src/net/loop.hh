// SPDX-License-Identifier: Apache-2.0
// The event loop: one thread, one epoll, edge-triggered.
//
// A turn:   wait ─► freeze now() ─► ready descriptors ─► posted calls ─► timers ─► deferred
//
// - A descriptor is registered once, for reading and writing (EPOLLIN|OUT|RDHUP|ET), and needs no
//   epoll_ctl after that: on_ready tells a *change*, so its watcher reads or writes until EAGAIN (a
//   short read means drained), or remembers that it did not.
// - After forget(fd, watcher) no event reaches that watcher, not those of the same turn either: it
//   may be destroyed at once.
// - Everything but post() and stop() is for the loop's own thread only (and, before run(), for the
//   thread that makes it).
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.hh"
#include "base/result.hh"
#include "base/unique_fd.hh"
#include "net/timer.hh"

namespace bramble {

// Is told about one descriptor.
class Watcher {
 public:
  virtual void on_ready(std::uint32_t events) = 0;  // EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, …

 protected:
  ~Watcher() = default;
};

// Something to do at the end of the turn: to destroy oneself, or to go on after others had their
// turn. Not allocated: queued by a link of its own, once however often it is deferred. Leaves the
// queue when it is destroyed.
class Deferred {
 public:
  Deferred() = default;
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;
  virtual void on_turn_end() = 0;

 protected:
  virtual ~Deferred();

 private:
  friend class Loop;
  Deferred* previous_ = this;
  Deferred* next_ = this;
};

class Loop final {
 public:
  // Receive buffer shared by all that run on the loop: received bytes go behind the headroom, in
  // which a rewritten head can grow. What a callback does not consume before it returns it copies.
  static constexpr std::size_t kHeadroomBytes = 1024;
  static constexpr std::size_t kReceiveBytes = 64 * 1024;

  static Result<std::unique_ptr<Loop>> create();
  ~Loop();

  Result<void> watch(int fd, Watcher& watcher);
  void forget(int fd, Watcher& watcher);

  // Whether this turn still has such events to tell the watcher.
  bool still_to_tell(const Watcher& watcher, std::uint32_t events) const;

  void arm(Timer& timer, std::chrono::nanoseconds from_now);
  void disarm(Timer& timer) { timers_.disarm(timer); }
  void defer(Deferred& deferred);

  Monotonic now() const { return now_; }  // frozen once a turn
  WallTime wall() const { return wall_; }

  std::span<char> headroom() { return {receive_buffer_.get(), kHeadroomBytes}; }
  std::span<char> receive_buffer() {
    return {receive_buffer_.get() + kHeadroomBytes, kReceiveBytes};
  }

  // What it did since it was asked last: the time that it did not wait for events, and the longest
  // turn, which is how long an event may have waited for the others.
  struct Work {
    std::chrono::nanoseconds busy{0};
    std::chrono::nanoseconds longest_turn{0};
  };
  Work take_work() { return std::exchange(work_, {}); }

  void run();   // until stop()
  void stop();  // any thread: run() returns behind what was posted before; it may be run again

  // Runs the call on the loop's thread, in the order of posting. Any thread; never blocks for long.
  // Calls that were posted but not run when the loop is destroyed are dropped.
  void post(std::function<void()> call);

 private:
  Loop(UniqueFd epoll, UniqueFd wake);
  void turn();
  int wait_milliseconds(Monotonic now) const;
  void dispatch(int count);
  void run_posted();
  void run_deferred();

  static constexpr std::size_t kEventsMax = 256;

  UniqueFd epoll_;
  UniqueFd wake_;  // eventfd: readable when something was posted
  std::unique_ptr<char[]> receive_buffer_;
  Monotonic now_;
  WallTime wall_;
  TimerWheel timers_;
  std::array<epoll_event, kEventsMax> events_{};
  int events_next_ = 0;  // of this turn's events: those before it have been told
  int events_end_ = 0;

  struct Queue final : Deferred {
    void on_turn_end() override {}
  };
  Queue deferred_;
  Queue ending_;  // those of the turn that is ending

  Work work_;
  bool stopping_ = false;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  std::vector<std::function<void()>> running_;  // swapped with posted_ to keep its room
};

}  // namespace bramble
