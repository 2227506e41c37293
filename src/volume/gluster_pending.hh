// SPDX-License-Identifier: Apache-2.0
// What a brick has noted of others: which inodes are being changed just now (GlusterFS calls them
// dirty), and which ones another brick has missed a change of, and has to be healed.
//
// Noted before the change, and taken away after it has come to all; or kept until it has. It stands
// in .glusterfs/indices/{dirty,xattrop} of the brick, where the self-heal daemon reads it, too.
#pragma once

#include <cstddef>
#include <vector>

#include "volume/gluster_session.hh"

namespace bramble {

// Of both kinds. Error EFBIG: there are more than so many. Blocks.
Result<std::vector<Gfid>> noted_on_brick(const GlusterSession& brick, std::size_t gfids_max);

}  // namespace bramble
