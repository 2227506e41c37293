// SPDX-License-Identifier: Apache-2.0
// What the file system below a file promises.
#pragma once

#include "base/unique_fd.hh"

namespace bramble {

// Whether the kernel dates each change of a file or folder of it (ctime), so that nobody can hide
// one: it does on ext4, XFS, Btrfs and F2FS. Of others that is not known: a network's tells of
// changes late.
bool dated_by_the_kernel(const UniqueFd& file);

}  // namespace bramble
