// SPDX-License-Identifier: Apache-2.0
// A cluster as the text of a bramble.toml: what the cluster's own machines are given. Pure.
#pragma once

#include <string>

#include "cluster/cluster.hh"

namespace bramble {

// Reading it back gives the same cluster, save [ssh], which is about the operator's computer.
std::string to_toml(const Cluster& cluster);

}  // namespace bramble
