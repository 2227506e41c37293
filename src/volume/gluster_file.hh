// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "volume/gluster_session.hh"
#include "volume/gluster_walk.hh"
#include "volume/volume.hh"

namespace bramble {

// The file or folder that a walk came to. Small files are read whole by the first read, without
// an open: one question to one brick, which a dead peer does not delay. Larger ones are opened by
// the first read, so that a file that is replaced meanwhile is read to its end. (A file that was
// opened loses the first virtue, so no file may be read in both ways: its size decides.)
Result<std::unique_ptr<VolumeFile>> gluster_file(std::shared_ptr<GlusterSession> session,
                                                 GlusterEntry entry);

// The same, of a file that may be read and has this status; a larger one is opened at once.
Result<std::unique_ptr<VolumeFile>> open_content(std::shared_ptr<GlusterSession> session,
                                                 InodePointer inode, FileStatus status);

// Bricks check permissions when a file is opened, and a read without an open gets around them:
// whether the kernel would let this process read a file with such a status.
bool may_read(const struct stat& status);
bool may_enter(const struct stat& folder);  // and so have its names looked up

// The content of a file that should be so long, without an open; at most one byte more, which tells
// that it has grown. Blocks.
Result<std::string> read_without_open(const GlusterSession& session, const GlusterHandle& handle,
                                      std::size_t expected);

}  // namespace bramble
