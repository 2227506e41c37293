// SPDX-License-Identifier: Apache-2.0
// A look into a running guest from the machine.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "lab/cgroup.hh"
#include "lab/place.hh"

namespace bramble::lab {

// Whether this process is the first of a PID namespace one below ours, from /proc/PID/status.
bool leads_a_guest(std::string_view status);

// The guest's PID 1 as the machine numbers it; nothing where none runs.
std::optional<pid_t> leader(const Cgroup& group);

// Whether a process is one of that service of its systemd, from /proc/PID/cgroup.
bool belongs_to_service(std::string_view groups, std::string_view service);

// Where the guest has mounted filesystems that lie on one of these devices, each device once, from
// /proc/PID/mountinfo.
std::vector<std::string> mounts_on(std::string_view mountinfo, const std::vector<dev_t>& devices);

// Every filesystem of the guest's own disk stops here and now: what was not written by now never
// will be.
Result<void> stop_filesystems(const Place& place, const LabHost& host, pid_t leader);

bool ssh_answers(const Place& place, const LabHost& host);  // a banner
bool login_works(const Place& place, const LabHost& host);  // all the way: a command ran

}  // namespace bramble::lab
