// SPDX-License-Identifier: Apache-2.0
// The step "pool": the nodes know each other, and the replicated volume exists, has its options and
// runs.
//
//     nodes        bricks                                   a file is on
//     3, 4, 5      one set, replica 3, 4, 5                 every node
//     6, 9, 12 …   sets of three in the file's order        three nodes of one set
//     7, 8, 10 …   refused
//
// Runs on the first node; GlusterFS tells the others.
#pragma once

#include <memory>

#include "cluster/rules.hh"
#include "provision/step.hh"

namespace bramble::provision {

// In the order in which `gluster volume create` takes them.
struct VolumeShape {
  std::size_t replicas = kNodesOfEachSet;
  std::vector<std::string> bricks;  // "cluster01:/srv/brick/web"
};

Result<VolumeShape> volume_shape(const Cluster& cluster);

// The Error is a refusal: the volume has other bricks than the file asks for, or other sets of
// them.
Result<void> check_bricks(const Cluster& cluster, const std::vector<std::string>& bricks);

std::unique_ptr<Step> pool_step();

}  // namespace bramble::provision
