// SPDX-License-Identifier: Apache-2.0
// Step "packages": the Debian packages of a machine's role, those that are missing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "provision/step.hh"

namespace bramble::provision {

std::vector<std::string> packages_for(const Cluster& cluster, const Machine& machine);

std::unique_ptr<Step> packages_step();

}  // namespace bramble::provision
