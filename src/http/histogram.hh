// SPDX-License-Identifier: Apache-2.0
// How long things took, counted in buckets as Prometheus has them. Written by one thread, read by
// any: see counter.hh.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "http/counter.hh"

namespace bramble::http {

// Upper bounds, inclusive; what is longer is in one bucket more. From a file in a node's RAM to a
// visitor's patience.
inline constexpr std::array<std::chrono::microseconds, 15> kBucketBounds = {
    std::chrono::microseconds(500),        std::chrono::microseconds(1'000),
    std::chrono::microseconds(2'500),      std::chrono::microseconds(5'000),
    std::chrono::microseconds(10'000),     std::chrono::microseconds(25'000),
    std::chrono::microseconds(50'000),     std::chrono::microseconds(100'000),
    std::chrono::microseconds(250'000),    std::chrono::microseconds(500'000),
    std::chrono::microseconds(1'000'000),  std::chrono::microseconds(2'500'000),
    std::chrono::microseconds(5'000'000),  std::chrono::microseconds(10'000'000),
    std::chrono::microseconds(30'000'000),
};

inline std::size_t bucket_of(std::chrono::nanoseconds time) {
  return static_cast<std::size_t>(std::ranges::lower_bound(kBucketBounds, time) -
                                  kBucketBounds.begin());
}

// A histogram's values, of one thread or summed up.
struct Distribution {
  std::array<std::uint64_t, kBucketBounds.size() + 1> buckets{};  // each alone, not added up
  std::chrono::nanoseconds sum{0};
};

class Histogram {
 public:
  void observe(std::chrono::nanoseconds time) {
    buckets_[bucket_of(time)].add();
    sum_nanoseconds_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)));
  }

  // Any thread.
  void add_to(Distribution& all) const {
    for (std::size_t i = 0; i < buckets_.size(); ++i) all.buckets[i] += buckets_[i].value();
    all.sum += std::chrono::nanoseconds(sum_nanoseconds_.value());
  }

 private:
  std::array<Counter, kBucketBounds.size() + 1> buckets_;
  Counter sum_nanoseconds_;
};

}  // namespace bramble::http
