// SPDX-License-Identifier: Apache-2.0
// Bytes of memory that all loop threads share, and together never pass. Any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace bramble::balance {

class ByteBudget {
 public:
  explicit ByteBudget(std::size_t bytes) : bytes_(bytes) {}

  // Half of what is left, so that who comes later has some, too; `most` at the most, and nothing
  // rather than less than `least`.
  [[nodiscard]] std::size_t take(std::size_t least, std::size_t most) {
    std::size_t taken = taken_.load();
    for (;;) {
      const std::size_t bytes = bytes_.load();
      const std::size_t left = bytes > taken ? bytes - taken : 0;
      const std::size_t share = std::min(left, std::clamp(left / 2, least, most));
      if (share < least) return 0;
      if (taken_.compare_exchange_weak(taken, taken + share)) return share;
    }
  }
  void give_back(std::size_t bytes) { taken_.fetch_sub(bytes); }
  void set(std::size_t bytes) { bytes_ = bytes; }

 private:
  std::atomic<std::size_t> bytes_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace bramble::balance
