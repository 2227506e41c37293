// SPDX-License-Identifier: Apache-2.0
// A whole lab: up, down, how it is.
//
//     absent ── up ──► (folder, image, keys, network, gate; then `ready` is written) ── hosts boot
//     ──► up
//        ▲                      │ killed: no `ready` │ └───────── down
//        ◄──────┴──────────────────────────────────────────────────────────────────────┘
//
// `up` on what a killed `up` left, or on a lab from before the machine's last boot, first does what
// `down` does. All calls block, need root, and hold the lab's lock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "lab/cgroup.hh"
#include "lab/narrator.hh"
#include "lab/network.hh"
#include "lab/place.hh"

namespace bramble::lab {

enum class HostState : std::uint8_t { kOff, kBooting, kUp, kUnreachable, kHung };

struct HostReport {
  LabHost host;
  HostState state = HostState::kOff;
  Cable cable;
  std::optional<std::chrono::milliseconds> boot_time;  // where this call booted it
};

Result<std::vector<HostReport>> up(const Place& place, Narrator& narrator);
Result<void> down(const Place& place, Narrator& narrator);

// Empty where the lab is not up. Takes no lock.
Result<std::vector<HostReport>> status(const Place& place);

// Whether `up` got as far as starting hosts, since the machine's last boot.
bool is_up(const Place& place);

// Error: it was hung, so that nothing would come of waiting for it.
Result<void> check_awake(const Place& place, const LabHost& host, const Cgroup& group);

// Starts the host if it is off, and waits until one can log in. Gives the time that took. With the
// lab's lock.
Result<std::chrono::milliseconds> boot_host(const CgroupLayout& layout, const Place& place,
                                            const LabHost& host);

}  // namespace bramble::lab
