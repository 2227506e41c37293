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

// A digest of the file that a unit reads when it starts stands in it as a comment, so that a change
// of that is a change of the unit.
std::vector<Unit> units_for(const Cluster& cluster, const Machine& machine);

// What the units read: the cluster but for its sites, for all to read; and the sites, which hold
// hashes of passwords: root's alone, and handed to the web server by systemd as a credential.
std::string cluster_file(const Cluster& cluster);
std::string sites_file(const Cluster& cluster);

}  // namespace bramble::provision
