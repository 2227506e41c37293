// SPDX-License-Identifier: Apache-2.0
// The mains of one host: a process that holds its SD card and boots it, again whenever the guest
// asks for a reboot, until the guest powers off. Killing its group is pulling the plug.
//
// The card is mounted in a mount namespace of the process's own: when the process is gone, so are
// the mount and the loop device, however it went.
#pragma once

#include "base/result.hh"
#include "lab/place.hh"

namespace bramble::lab {

// Blocks until the guest powers off. Alters the calling process's namespaces: for `lab run` alone.
Result<void> keep_powered(const Place& place, const LabHost& host);

}  // namespace bramble::lab
