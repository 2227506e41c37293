// SPDX-License-Identifier: Apache-2.0
// Step "firewall": the cluster's table of rules (firewall_rules.hh) is loaded, and is again at boot
// before the network is up.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> firewall_step();

}  // namespace bramble::provision
