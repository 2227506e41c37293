// SPDX-License-Identifier: Apache-2.0
// Step "services": bramble's own services of a machine run, now and at boot, from the program and
// the files that are there now.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> services_step();

}  // namespace bramble::provision
