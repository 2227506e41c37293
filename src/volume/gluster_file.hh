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

}  // namespace bramble
