// SPDX-License-Identifier: Apache-2.0
// From a name to a file of a GlusterFS volume, one component at a time.
//
// gfapi's own path calls never ask again about the folders on the way: after `mv new dir` by
// another client they go on opening files of the old folder, after a switch of a symlink they say
// ENOENT for ever (seen with 10.3). So each component is looked up on the bricks, from the handle
// of the folder before it, and symlinks are followed here, as openat2's RESOLVE_BENEATH does it:
//
//     chain: [root] [a] [b]      the folders down to here, handles held
//       name   look it up in the last of the chain; a folder joins the chain
//       ..     leave the last; leaving the root is EACCES
//       link   at most 40; its names come before those that are left; "/…" is EACCES
#pragma once

#include <sys/stat.h>

#include <string_view>

#include "base/result.hh"
#include "volume/gluster_library.hh"

namespace bramble {

struct GlusterEntry {
  GlusterHandle handle;     // empty: the root that the walk began at
  struct stat status = {};  // of a regular file or a folder: other things are EACCES
};

// Walks from the root, a folder that the path cannot leave ("" is the root itself). In the Error
// is the errno of the lookup that failed, ESTALE included: somebody removed a folder that we stood
// in; the walk may be tried again. Blocks.
Result<GlusterEntry> walk(const GlusterLibrary& library, glfs_t* volume, glfs_object_t* root,
                          std::string_view path);

}  // namespace bramble
