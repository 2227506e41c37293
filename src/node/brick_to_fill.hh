// SPDX-License-Identifier: Apache-2.0
// The end of the mark beside a brick that was made anew (kBrickToFill): once GlusterFS reaches all
// bricks of the volume, and none has anything to heal.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/result.hh"

namespace bramble {

// Of `gluster volume heal VOLUME info summary`. False, too, where it tells of no brick.
bool nothing_to_heal(const std::string& summary);

// Asks only where the mark says "content". Blocks while it asks.
void end_brick_to_fill(const std::string& mark, const std::function<Result<std::string>()>& ask);

inline constexpr std::chrono::seconds kBrickToFillEvery{60};
std::function<Result<std::string>()> heal_summary(const std::string& volume);  // what to ask

}  // namespace bramble
