// SPDX-License-Identifier: Apache-2.0
// The script with which a host tells of its disks: what decide_brick wants to know. Reads only.
//
//     journal    kBrickJournal                     mount    source=, uuid= of what is mounted
//     fstab      the line for the mount point      content  what lies in the folder, if not mounted
//     folder     "present": the brick's own        uuid     a fresh one
//     root       source=, type= of /               disk     node=, bytes= of the disk below /
//     table      its sfdisk dump                   fault    why there is no dump
//     kernel     start=, size= of the brick's partition as the kernel sees it, in 512 bytes
//     device     node=, bytes=, readonly=          parts    names of a device's partitions
//     users      who holds a device                signature  what blkid finds where the brick goes
//     lies-on    source=, type=, uuid= of the filesystem that a folder lies on, or would
#pragma once

#include <string>

#include "cluster/cluster.hh"

namespace bramble::provision {

std::string brick_look_script(const Brick& brick, const std::string& mount,
                              const std::string& folder);

}  // namespace bramble::provision
