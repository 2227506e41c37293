// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/result.hh"
#include "volume/gluster_library.hh"
#include "volume/volume.hh"

namespace bramble {

// What a folder holds, up to so many entries. Blocks.
Result<FolderListing> list_folder(const GlusterLibrary& library, glfs_t* volume,
                                  glfs_object_t* folder, std::size_t entries_max);

}  // namespace bramble
