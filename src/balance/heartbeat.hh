// SPDX-License-Identifier: Apache-2.0
// Whether every loop still turns: the watchdog of systemd is fed only then, so that a balancer
// with one hung thread is restarted as well as one that is wholly stuck.
//
//     each interval:  all have answered the last beat ──► alive(), and the next beat is posted
//                     one has not                     ──► said once; no word to systemd
//
// Belongs to the control thread; a beat runs on the loops'.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "net/loop.hh"

namespace bramble::balance {

class Heartbeat {
 public:
  // `loops` are the others; they outlive it, as does `control`.
  Heartbeat(Loop& control, std::vector<Loop*> loops, std::chrono::microseconds interval,
            std::function<void()> alive);

 private:
  // Shared with what was posted and may run later than we are there.
  struct Beat {
    std::atomic<bool> answered{true};
  };

  void on_timer();

  Loop& control_;
  const std::vector<Loop*> loops_;
  const std::chrono::microseconds interval_;
  const std::function<void()> alive_;
  std::vector<std::shared_ptr<Beat>> beats_;
  bool complained_ = false;
  TimerOf<Heartbeat> timer_;
};

}  // namespace bramble::balance
