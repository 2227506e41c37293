// SPDX-License-Identifier: Apache-2.0
// A number of places that all loop threads share: how many requests may be under way at once at a
// backend that has a limit, and how many may wait for one. A backend without a limit has no Seats,
// and costs nothing.
//
// Any thread. The limit is never passed; a slot that is given back may go to any thread.
#pragma once

#include <atomic>
#include <cstddef>

namespace bramble::balance {

class Seats {
 public:
  explicit Seats(std::size_t limit) : limit_(limit) {}

  bool full() const { return taken_.load() >= limit_.load(); }
  [[nodiscard]] bool take() {
    std::size_t taken = taken_.load();
    while (taken < limit_.load())
      if (taken_.compare_exchange_weak(taken, taken + 1)) return true;
    return false;
  }
  void give_back() { taken_.fetch_sub(1); }
  void set_limit(std::size_t limit) { limit_ = limit; }
  std::size_t taken() const { return taken_.load(); }

 private:
  std::atomic<std::size_t> limit_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace bramble::balance
