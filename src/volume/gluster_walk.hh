// SPDX-License-Identifier: Apache-2.0
// From a name to a file of a GlusterFS volume, one component at a time.
//
// gfapi's own path calls never ask again about the folders on the way: after `mv new dir` by
// another client they go on opening files of the old folder, after a switch of a symlink they say
// ENOENT for ever (seen with 10.3). So each component is looked up on the bricks, from the handle
// of the folder before it, and symlinks are followed here, as openat2's RESOLVE_BENEATH does it:
//
// And where a name is looked up just as another file is renamed over it, a brick may remember the
// old file under that name: until the next change of the name, its look-ups tell of the new file,
// but with the old one's times (seen with 10.3 in one of a hundred, on one brick of three). So a
// look-up says which file it is, and the status of its handle what it is.
//
//     chain: [root] [a] [b]      the folders down to here, handles held
//       name   look it up in the last of the chain; a folder joins the chain
//       ..     leave the last; leaving the root is EACCES
//       link   at most 40; its names come before those that are left; "/…" is EACCES
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.hh"
#include "base/result.hh"
#include "volume/gluster_inode.hh"
#include "volume/gluster_library.hh"

namespace bramble {

struct GlusterGround {
  const GlusterLibrary& library;
  glfs_t* volume;
  GlusterInodes* inodes = nullptr;  // nullptr: what is found is nobody else's
  const Clock* clock = nullptr;     // set where inodes is
};

// A folder whose names were looked up, and the epoch it was in before.
struct Reliance {
  InodePointer folder;
  std::uint64_t epoch = 0;
};

// Where a walk has come to, or begins.
struct GlusterTrail {
  std::vector<InodePointer> folders;  // from the root, which the walk cannot leave, down to here
  InodePointer file;                  // a regular file in the last of them; nullptr: it, itself
  struct stat status = {};            // of the last that was looked up; the times are no promise
  Freshness::Epochs epochs;           // of that, by this lookup; where inodes are kept
  std::vector<Reliance> relied;       // what was found is right while none of these has changed
  bool linked = false;                // by a symlink, at least once
  int code = 0;                       // an errno: nothing was found

  const InodePointer& found() const { return file != nullptr ? file : folders.back(); }
};

// Walks on from the trail's last folder. Of other things than regular files and folders the code is
// EACCES. ESTALE: somebody removed a folder that we stood in; the walk may be tried again from the
// root. Blocks.
GlusterTrail walk_on(const GlusterGround& ground, GlusterTrail trail, std::string_view path);

struct GlusterEntry {
  InodePointer inode;
  struct stat status = {};
};

// Walks from the root, and asks what it came to for its status. In the Error is the code. Blocks.
Result<GlusterEntry> walk(const GlusterGround& ground, const InodePointer& root,
                          std::string_view path);

}  // namespace bramble
