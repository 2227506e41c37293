// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/result.hh"
#include "volume/gluster_library.hh"
#include "volume/volume.hh"

namespace bramble {

// What a folder holds, within bounds. Blocks.
Result<FolderListing> list_folder(const GlusterLibrary& library, glfs_t* volume,
                                  glfs_object_t* folder, const ListingBounds& bounds);

}  // namespace bramble
