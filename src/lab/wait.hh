// SPDX-License-Identifier: Apache-2.0
// Waiting for a state of the outside world that cannot be polled for by descriptor.
#pragma once

#include <chrono>
#include <functional>

#include "base/result.hh"

namespace bramble::lab {

// A breath between two looks; an Error when interrupted.
Result<void> pause();

// Looks until it is so (true) or the time is over (false). An Error when interrupted.
Result<bool> wait_until(std::chrono::milliseconds at_most, const std::function<bool()>& is_so);

// The same for clean-up, which goes on after Ctrl-C.
bool wait_regardless(std::chrono::milliseconds at_most, const std::function<bool()>& is_so);

}  // namespace bramble::lab
