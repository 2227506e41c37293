// SPDX-License-Identifier: Apache-2.0
// What is kept of a file in memory, and the file that gives it out.
#pragma once

#include <memory>

#include "base/headed_bytes.hh"
#include "volume/freshness.hh"
#include "volume/volume.hh"

namespace bramble {

// One content of a file, or of a larger one its status only. Never changes.
struct FileContent {
  HeadedBytes bytes;
  bool whole = false;  // they are here
  FileStatus status;
  Stamp stamp;
  std::shared_ptr<const void> room;  // that the bytes take, where no cache counts them
};

// A folder, or a file whose content is whole in memory: one version, whatever happens to the file.
// nothing_beside lives as long as the content.
std::unique_ptr<VolumeFile> file_in_memory(std::shared_ptr<const FileContent> content,
                                           const NothingBeside* nothing_beside = nullptr);

}  // namespace bramble
