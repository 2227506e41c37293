// SPDX-License-Identifier: Apache-2.0
// How many retries a loop thread may make: a share of its traffic, so that retries never make a
// storm of what is already a bad day. A bucket of tokens: each request puts a fifth of one in, each
// retry takes one out. It starts with room for the requests that were under way when a backend
// died.
#pragma once

#include <algorithm>

namespace bramble::balance {

class RetryBudget {
 public:
  static constexpr double kShare = 0.2;
  static constexpr double kTokensMax = 1000;

  void request() { tokens_ = std::min(tokens_ + kShare, kTokensMax); }
  [[nodiscard]] bool take() {
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double tokens_ = kTokensMax / 2;
};

}  // namespace bramble::balance
