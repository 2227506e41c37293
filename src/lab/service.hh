// SPDX-License-Identifier: Apache-2.0
// The long-lived processes of a lab: one per host (its mains) and one for the gate. Each lives in a
// control group of its own and is found by it alone; no pid is written down.
#pragma once

#include <functional>
#include <string>

#include "base/result.hh"
#include "lab/cgroup.hh"
#include "lab/place.hh"

namespace bramble::lab {

// The group of a part: a host's name, or kGate.
Cgroup group_of(const CgroupLayout& layout, const Place& place, const std::string& part);

// Starts `bramble lab run PART` as such a process, and returns once it is on its way. With the
// lab's lock: it holds that with us until it can be found in its group.
Result<void> start_service(const CgroupLayout& layout, const Place& place, const std::string& part);

// What `bramble lab run PART` does first: it becomes that process. Returns in the process that goes
// on; the one that was called has then ended with status 0. Its output goes to the log.
Result<void> become_service(const CgroupLayout& layout, const Place& place, const std::string& part,
                            const std::string& log);

// Ends whatever runs in the group, and removes it. Nothing there is fine.
Result<void> end_service(const CgroupLayout& layout, const Place& place, const std::string& part);

// The group of the whole lab, once the parts are gone, and that of all labs with the last of them.
void remove_lab_group(const CgroupLayout& layout, const Place& place);

std::string own_program();  // the absolute path of the program that runs

}  // namespace bramble::lab
