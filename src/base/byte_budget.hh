// SPDX-License-Identifier: Apache-2.0
// Bytes of memory that all loop threads share, and together never pass. Any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace bramble {

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

// What somebody took of a budget, which outlives it. Given back at its end.
class ByteShare {
 public:
  ByteShare() = default;
  ByteShare(ByteBudget& budget, std::size_t least, std::size_t most)
      : budget_(&budget), bytes_(budget.take(least, most)) {}
  ByteShare(ByteShare&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  ByteShare& operator=(ByteShare&& other) noexcept {
    shrink_to(0);
    budget_ = other.budget_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~ByteShare() { shrink_to(0); }

  std::size_t bytes() const { return bytes_; }  // 0: there were too few
  void shrink_to(std::size_t bytes) {
    if (bytes < bytes_) budget_->give_back(bytes_ - bytes);
    bytes_ = std::min(bytes_, bytes);
  }

 private:
  ByteBudget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

// The same, of a budget that it keeps.
class HeldShare {
 public:
  HeldShare(std::shared_ptr<ByteBudget> budget, std::size_t bytes)  // all of them, or none
      : budget_(std::move(budget)), share_(*budget_, bytes, bytes) {}
  std::size_t bytes() const { return share_.bytes(); }

 private:
  std::shared_ptr<ByteBudget> budget_;  // goes after its share
  ByteShare share_;
};

}  // namespace bramble
