// SPDX-License-Identifier: Apache-2.0
// Whether visitors' answers at a backend suffer from the pieces of large ones that it gives
// meanwhile, to lanes of stripes: their heads take 1.3 times as long as they did without, and 5 ms
// more, which a queue before a fast cable may be long. Pure.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.hh"

namespace bramble::balance {

class Disturbance {
 public:
  void lane_began() {
    if (lanes_++ == 0) beside_ = {};
  }
  void lane_ended(Monotonic now) {
    if (--lanes_ == 0) quiet_from_ = now + kDrains;
  }

  // A head came, of an answer that is no lane's.
  void answered(std::chrono::nanoseconds wait, Monotonic now) {
    if (lanes_ > 0)
      beside_.add(wait);
    else if (now >= quiet_from_)
      alone_.add(wait);
  }

  // Never where too few have answered, without lanes or beside them.
  bool suffers() const {
    return alone_.known() && beside_.known() &&
           beside_.mean * 10 > alone_.mean * 13 + std::chrono::milliseconds(50);
  }

 private:
  static constexpr std::chrono::milliseconds kDrains{250};  // queues, after the last lane
  static constexpr int kEnough = 16;

  struct Smoothed {
    std::chrono::nanoseconds mean{0};
    int count = 0;

    bool known() const { return count == kEnough; }
    // One that took long is noise.
    void add(std::chrono::nanoseconds wait) {
      if (count > 0) wait = std::min(wait, mean * 4 + std::chrono::milliseconds(10));
      count = std::min(count + 1, kEnough);
      mean += (wait - mean) / std::min(count, 8);
    }
  };

  unsigned lanes_ = 0;
  Monotonic quiet_from_{};
  Smoothed alone_;
  Smoothed beside_;
};

}  // namespace bramble::balance
