// SPDX-License-Identifier: Apache-2.0
// What a loop thread counts. It alone writes; the control side reads at any time, which is why it
// is an atomic: relaxed and without a locked instruction, so counting costs a plain add.
#pragma once

#include <atomic>
#include <cstdint>

namespace bramble::http {

class Counter {
 public:
  void add(std::uint64_t by = 1) { set(value() + by); }
  void take(std::uint64_t by = 1) { set(value() - by); }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace bramble::http
