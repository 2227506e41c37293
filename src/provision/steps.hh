// SPDX-License-Identifier: Apache-2.0
// The list of steps, in order, and who runs on what.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "provision/runner.hh"
#include "provision/step.hh"

namespace bramble::provision {

// Everything that makes hosts a cluster. `program` is the path of the bramble binary that is to be
// installed: the running one.
Steps all_steps(const std::string& program);

std::vector<std::string> names(const std::vector<Machine>& machines);
std::vector<std::string> names_of_all(const Cluster& cluster);

// Whether the machine has bricks: a node or the off-site one.
bool stores(const Machine& machine);
std::vector<std::string> names_of_storing(const Cluster& cluster);

}  // namespace bramble::provision
