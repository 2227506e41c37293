// SPDX-License-Identifier: Apache-2.0
// The step "former offsite": geo-replication to a machine that the file does not name any more
// ends; what lies on that machine stays. Sessions that bramble did not make are left alone.
//
// Runs on the first node.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> former_offsite_step();

}  // namespace bramble::provision
