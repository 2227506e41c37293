// SPDX-License-Identifier: Apache-2.0
// The files that a cache of a GlusterFS volume gives out.
#pragma once

#include <memory>

#include "base/byte_budget.hh"
#include "volume/gluster_inode.hh"
#include "volume/gluster_session.hh"
#include "volume/local_copy.hh"
#include "volume/volume.hh"

namespace bramble {

// A larger file: read from the local copy where that has it; else, where it may wait, from the
// volume, and written to the copy. Else the error code is EAGAIN.
struct LargeFileSource {
  std::shared_ptr<GlusterSession> session;
  InodePointer inode;
  std::shared_ptr<const FileContent> content;  // its status
  std::shared_ptr<LocalCopy> copy;             // nullptr: none is kept
  std::shared_ptr<ByteBudget> unkept;          // see open_content
  bool may_wait = true;
};
std::unique_ptr<VolumeFile> large_file(LargeFileSource source);

}  // namespace bramble
