// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster.hh"

namespace bramble {

std::string_view word(Role role) {
  switch (role) {
    case Role::kNode:
      return "node";
    case Role::kOffsite:
      return "offsite";
    case Role::kBalancer:
      return "balancer";
  }
  return "";
}

std::vector<Machine> Cluster::machines() const {
  std::vector<Machine> all = nodes;
  if (offsite) all.push_back(*offsite);
  if (balancer) all.push_back(*balancer);
  return all;
}

const Machine* Cluster::find(const std::string& machine_name) const {
  for (const Machine& node : nodes)
    if (node.name == machine_name) return &node;
  if (offsite && offsite->name == machine_name) return &*offsite;
  if (balancer && balancer->name == machine_name) return &*balancer;
  return nullptr;
}

}  // namespace bramble
