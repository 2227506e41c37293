// SPDX-License-Identifier: Apache-2.0
// How long a backend takes of late until its answer's head: 95 of 100 answers are there by then.
// From the histogram that is counted anyway, of which half is forgotten in some 14 s. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <numeric>

#include "http/histogram.hh"

namespace bramble::balance {

class UsualWait {
 public:
  // Each second, with all that was ever counted.
  void tick(const http::Distribution& total) {
    for (std::size_t i = 0; i < recent_.size(); ++i)
      recent_[i] = recent_[i] * kKept + static_cast<double>(total.buckets[i] - before_[i]);
    before_ = total.buckets;
    p95_ = worked_out();
  }

  // An answer that nobody waits for any longer: it would have taken longer than that. Without these
  // the slowest would be missing, and the usual wait would shrink and shrink.
  void gave_up_after(std::chrono::nanoseconds wait) { ++recent_[http::bucket_of(wait)]; }

  // 0: there were too few answers to tell.
  std::chrono::nanoseconds p95() const { return p95_; }

 private:
  static constexpr double kKept = 0.95;
  static constexpr double kAnswersLeast = 20;

  // As if the answers of a bucket were spread evenly in it.
  std::chrono::nanoseconds worked_out() const {
    const double all = std::accumulate(recent_.begin(), recent_.end(), 0.0);
    if (all < kAnswersLeast) return std::chrono::nanoseconds(0);
    double left = all * 0.95;
    std::chrono::duration<double> from{0};
    for (std::size_t i = 0; i < http::kBucketBounds.size(); ++i) {
      const std::chrono::duration<double> to = http::kBucketBounds[i];
      if (left <= recent_[i])
        return std::chrono::duration_cast<std::chrono::nanoseconds>(from + (to - from) *
                                                                               (left / recent_[i]));
      left -= recent_[i];
      from = to;
    }
    return http::kBucketBounds.back();
  }

  std::array<double, http::kBucketBounds.size() + 1> recent_{};
  std::array<std::uint64_t, http::kBucketBounds.size() + 1> before_{};
  std::chrono::nanoseconds p95_{0};
};

}  // namespace bramble::balance
