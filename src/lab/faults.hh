// SPDX-License-Identifier: Apache-2.0
// What happens to machines. Each call holds the lab's lock, blocks until the state that it promises
// is there, and is an Error where the lab is not up.
#pragma once

#include <chrono>
#include <optional>

#include "base/result.hh"
#include "lab/narrator.hh"
#include "lab/network.hh"
#include "lab/place.hh"

namespace bramble::lab {

// The plug is pulled: peers see silence, and what was not synced is lost.
Result<void> power_cut(const Place& place, const LabHost& host, Narrator& narrator);

// Boots the host, with its cable in; returns once one can log in.
Result<std::chrono::milliseconds> power_on(const Place& place, const LabHost& host,
                                           Narrator& narrator);

// A clean reboot, from the inside; returns once one can log in again.
Result<std::chrono::milliseconds> reboot(const Place& place, const LabHost& host,
                                         Narrator& narrator);

// Every process of the host stands still, while its kernel goes on: connections are taken, and
// nobody answers. And goes on where it stood.
Result<void> hang(const Place& place, const LabHost& host, Narrator& narrator);
Result<void> wake(const Place& place, const LabHost& host, Narrator& narrator);

// The web server's process ends without a word (SIGKILL); the host's systemd starts another after
// a second.
Result<void> kill(const Place& place, const LabHost& host, Narrator& narrator);

Result<void> cut(const Place& place, const LabHost& host, Narrator& narrator);
Result<void> mend(const Place& place, const LabHost& host, Narrator& narrator);
Result<void> slow(const Place& place, const LabHost& host, const std::optional<Rate>& rate,
                  Narrator& narrator);

}  // namespace bramble::lab
