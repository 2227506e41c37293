// SPDX-License-Identifier: Apache-2.0
// The systemd units of a machine's services, by its role. Pure.
//
//     node      bramble-web (on the volume)            bramble-vitals
//     off-site  bramble-web (on its own copy of it)    bramble-vitals
//     balancer  bramble-balance                        bramble-vitals
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster.hh"

namespace bramble::provision {

struct Unit {
  std::string name;  // "bramble-web"
  std::string text;
  std::string_view file;  // that its process reads when it starts
  std::string read;       // its digest
};

// A process tells by this variable of its environment what it was started with: its unit sets it to
// the digest, so that a change of the file is a change of the unit, too.
inline constexpr std::string_view kReadVariable = "BRAMBLE_READ";

std::vector<Unit> units_for(const Cluster& cluster, const Machine& machine);

// All that systemd has to keep running there, by name: ours first, then what they need.
std::vector<std::string> services_of(const Cluster& cluster, const Machine& machine);

// What the units read: the cluster but for its sites, for all to read; and the sites, which hold
// hashes of passwords: root's alone, and handed to the web server by systemd as a credential.
std::string cluster_file(const Cluster& cluster);
std::string sites_file(const Cluster& cluster);

}  // namespace bramble::provision
