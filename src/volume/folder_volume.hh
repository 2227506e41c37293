// SPDX-License-Identifier: Apache-2.0
// A volume that is a plain folder: the embedded default of `bramble serve DIR`, and what a brick's
// files would look like if one read them in place.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/unique_fd.hh"
#include "volume/folder_cache.hh"
#include "volume/volume.hh"

namespace bramble {

// Opens only what lies beneath the folder, whatever symlinks say (openat2, RESOLVE_BENEATH), and
// only regular files and folders: a FIFO, socket or device is EACCES and never blocks.
class FolderVolume final : public Volume {
 public:
  // The folder must exist. It is held open: renamed later, it is still the one that is served.
  static Result<std::unique_ptr<FolderVolume>> create(const std::string& folder,
                                                      const FolderCache::Options& cache = {});

  Result<std::unique_ptr<VolumeFile>> open(std::string_view path) override;
  Result<FolderListing> list(std::string_view path, const ListingBounds& bounds) override;
  bool blocks() const override { return false; }
  std::optional<CacheFigures> cache_figures() const override { return cache_.figures(); }

 private:
  FolderVolume(UniqueFd root, const FolderCache::Options& cache)
      : root_(std::move(root)), cache_(root_, cache) {}

  const UniqueFd root_;
  FolderCache cache_;
};

}  // namespace bramble
