// SPDX-License-Identifier: Apache-2.0
// The step "mount": every node has the volume at /srv/VOLUME, for people who copy files there.
//
// A service of its own, not a line in fstab: it never blocks a boot, and it comes back however
// often and for whatever reason the mount was lost. The web servers do not need it.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> volume_mount_step();

}  // namespace bramble::provision
