// SPDX-License-Identifier: Apache-2.0
// For tests: a cluster with each kind of machine.
#pragma once

#include "cluster/cluster.hh"

namespace bramble::provision {

inline const Cluster kWholeCluster{.name = "berry",
                                   .nodes = {{"one", "192.168.2.5"}, {"two", "192.168.2.6"}},
                                   .offsite = Machine{"away", "198.51.100.7", Role::kOffsite},
                                   .balancer = Machine{"front", "198.51.100.9", Role::kBalancer},
                                   .sites = {{}}};

}  // namespace bramble::provision
