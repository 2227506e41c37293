// SPDX-License-Identifier: Apache-2.0
// A volume that is a plain folder: the embedded default of `bramble serve DIR`, and what a brick's
// files would look like if one read them in place.
#pragma once

#include <memory>
#include <string>

#include "base/unique_fd.hh"
#include "volume/volume.hh"

namespace bramble {

// Opens only what lies beneath the folder, whatever symlinks say (openat2, RESOLVE_BENEATH), and
// only regular files and folders: a FIFO, socket or device is EACCES and never blocks.
class FolderVolume final : public Volume {
 public:
  // The folder must exist. It is held open: renamed later, it is still the one that is served.
  static Result<std::unique_ptr<FolderVolume>> create(const std::string& folder);

  Result<std::unique_ptr<VolumeFile>> open(std::string_view path) override;
  Result<FolderListing> list(std::string_view path, const ListingBounds& bounds) override;
  bool blocks() const override { return false; }

 private:
  explicit FolderVolume(UniqueFd root) : root_(std::move(root)) {}

  UniqueFd root_;
};

}  // namespace bramble
