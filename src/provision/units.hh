// SPDX-License-Identifier: Apache-2.0
// The systemd units of a machine's services, by its role. Pure.
//
//     node      bramble-web (on the volume)            bramble-vitals
//     off-site  bramble-web (on its own copy of it)    bramble-vitals
//     balancer  bramble-balance                        bramble-vitals
#pragma once

#include <string>
#include <vector>

#include "cluster/cluster.hh"

namespace bramble::provision {

struct Unit {
  std::string name;  // "bramble-web"
  std::string text;
};

// `digest` stands in each unit as a comment: of whatever else a unit reads when it starts, so that
// a change of that is a change of the unit.
std::vector<Unit> units_for(const Cluster& cluster, const Machine& machine,
                            const std::string& digest);

}  // namespace bramble::provision
