// SPDX-License-Identifier: Apache-2.0
// The step "georep": every change of the volume is copied to the off-site machine.
//
//     node, as root ── ssh, inside the tunnel ──► geoaccount@cluster04: gsyncd, tar; nothing else
//
// The keys are made on the nodes and stay there; the off-site machine gets their public halves
// through our own connection, and none of its own for the way back. The nodes know its host keys
// from our connection, too. Once started, it must be proven (geo_proof.hh): what
// this run does not prove, the next one must.
//
// Runs on the first node, and asks the others.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> geo_replication_step();

}  // namespace bramble::provision
