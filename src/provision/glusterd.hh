// SPDX-License-Identifier: Apache-2.0
// The step "gluster": glusterd runs on every machine that has a brick, notices within 20 s that a
// peer lost power, and at boot waits for the brick.
//
// A brick lies in a folder *below* its mount point: where the mount is missing, so is the folder,
// and the brick does not start, rather than fill the root filesystem.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> glusterd_step();

}  // namespace bramble::provision
