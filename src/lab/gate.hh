// SPDX-License-Identifier: Apache-2.0
// The doors of the lab: what listens on its loopback address and leads to the balancer's host.
#pragma once

#include "base/result.hh"
#include "lab/place.hh"

namespace bramble::lab {

// Returns only where that cannot be done.
Result<void> keep_gate(const Place& place);

}  // namespace bramble::lab
