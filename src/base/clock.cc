// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hh"

namespace bramble {

Monotonic SystemClock::now() const { return std::chrono::steady_clock::now(); }
WallTime SystemClock::wall() const { return std::chrono::system_clock::now(); }

}  // namespace bramble
