// SPDX-License-Identifier: Apache-2.0
// Step "former role": services that a machine ran for bramble in a role that it has no more are
// ended, now and at boot, and their units removed, with what only they read. Only what bramble
// wrote; GlusterFS and the brick of a machine that stored files stay as they are.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> former_role_step();

}  // namespace bramble::provision
