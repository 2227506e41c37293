// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/byte_budget.hh"
#include "volume/gluster_session.hh"
#include "volume/gluster_walk.hh"
#include "volume/volume.hh"

namespace bramble {

// Of contents that are read whole for one visitor, and not kept.
inline constexpr std::size_t kUnkeptBytes = 16 << 20;

// The file or folder that a walk came to. Small files are read whole by the first read, without
// an open: one question to one brick, which a dead peer does not delay. Larger ones, and those for
// which the budget has no room, are opened by the first read, so that a file that is replaced
// meanwhile is read to its end. (A file that is open loses the first virtue for all who read it.)
Result<std::unique_ptr<VolumeFile>> gluster_file(std::shared_ptr<GlusterSession> session,
                                                 GlusterEntry entry,
                                                 std::shared_ptr<ByteBudget> unkept);

// The same, of a file that may be read and has this status; one to be opened is so at once.
Result<std::unique_ptr<VolumeFile>> open_content(std::shared_ptr<GlusterSession> session,
                                                 InodePointer inode, FileStatus status,
                                                 std::shared_ptr<ByteBudget> unkept);

// Bricks check permissions when a file is opened, and a read without an open gets around them:
// whether the kernel would let this process read a file with such a status.
bool may_read(const struct stat& status);
bool may_enter(const struct stat& folder);  // and so have its names looked up

// The content of a file that should be so long, without an open; at most one byte more, which tells
// that it has grown. Blocks.
Result<std::string> read_without_open(const GlusterSession& session, const GlusterHandle& handle,
                                      std::size_t expected);

}  // namespace bramble
