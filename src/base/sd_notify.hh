// SPDX-License-Identifier: Apache-2.0
// What a service tells systemd: see sd_notify(3), which this does without its library.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hh"

namespace bramble {

// "READY=1", "STOPPING=1", "STATUS=…". Does nothing where no supervisor asked for it.
void sd_notify(std::string_view state);

// A reload begins; "READY=1" ends it. The time as sd_notify(3) asks for it.
void sd_notify_reloading(Monotonic now);

// How often at least systemd wants to hear "WATCHDOG=1" of this process; nothing where it does not.
std::optional<std::chrono::microseconds> watchdog_time();

}  // namespace bramble
