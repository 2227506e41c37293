// SPDX-License-Identifier: Apache-2.0
// What a client computer in the LAN needs to mount the volume: names, and a line for /etc/fstab
// that goes on when the first node is off. Pure.
#pragma once

#include <string>

#include "cluster/cluster.hh"

namespace bramble::provision {

// Goes into /etc/hosts as a whole: all but the block are comments.
std::string client_mount_text(const Cluster& cluster);

// {"hosts": BLOCK, "source": "cluster01:/web", "folder": "/srv/web", "options": "…"}
std::string client_mount_json(const Cluster& cluster);

}  // namespace bramble::provision
