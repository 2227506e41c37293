// SPDX-License-Identifier: Apache-2.0
// Whether answers are given now that cannot be verified: their counter, looked at now and then, has
// grown within the last few seconds. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hh"

namespace bramble {

class StaleWatch {
 public:
  static constexpr std::chrono::seconds kNow{5};

  void observe(std::uint64_t stale_hits, Monotonic now) {
    if (stale_hits > seen_) grew_ = now;
    seen_ = stale_hits;
  }

  // As observed last.
  bool stale(Monotonic now) const { return grew_ && now - *grew_ < kNow; }

 private:
  std::uint64_t seen_ = 0;
  std::optional<Monotonic> grew_;
};

}  // namespace bramble
