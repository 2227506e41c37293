// SPDX-License-Identifier: Apache-2.0
// Whether a visitor sends its body as fast as it must. Only time that we wait for it counts, not
// what a busy backend takes; so one byte now and then, which holds a backend's connection for ever
// and costs the sender nothing, comes to an end:
//
//     time waited  >  grace + bytes received / rate    ──►  too slow
//
// Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hh"

namespace bramble::balance {

class Pace {
 public:
  void begin() { *this = Pace(); }

  // We wait for it; more than once is the same wait.
  void wait(Monotonic now) {
    if (waiting_since_ == Monotonic{}) waiting_since_ = now;
  }

  void received(std::uint64_t bytes, Monotonic now) {
    if (waiting_since_ != Monotonic{}) waited_ += now - waiting_since_;
    waiting_since_ = {};
    bytes_ += bytes;
  }

  // Bytes per second; a rate of 0 asks for nothing.
  bool too_slow(std::chrono::nanoseconds grace, std::uint64_t rate, Monotonic now) const {
    if (rate == 0) return false;
    auto waited = waited_;
    if (waiting_since_ != Monotonic{}) waited += now - waiting_since_;
    const std::chrono::duration<double> owed(static_cast<double>(bytes_) /
                                             static_cast<double>(rate));
    return waited > grace + owed;
  }

 private:
  Monotonic waiting_since_{};  // {}: we do not wait
  Monotonic::duration waited_{0};
  std::uint64_t bytes_ = 0;
};

}  // namespace bramble::balance
