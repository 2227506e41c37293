// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_listing.hh"

#include <dirent.h>
#include <sys/stat.h>

namespace bramble {

Result<FolderListing> list_folder(const GlusterLibrary& library, glfs_t* volume,
                                  glfs_object_t* folder, const ListingBounds& bounds) {
  glfs_fd_t* const stream = library.open_folder(volume, folder);
  if (stream == nullptr) return errno_error("list a folder");
  FolderListing listing;
  int failed = 0;
  for (;;) {
    struct stat status = {};
    dirent room = {};
    dirent* entry = nullptr;
    failed = library.read_folder(stream, &status, &room, &entry);
    if (failed != 0 || entry == nullptr) break;
    if (!add_entry(listing, entry->d_name, status, bounds)) break;
  }
  const Error why = errno_error("list a folder");
  (void)library.close_folder(stream);
  if (failed != 0) return why;
  return listing;
}

}  // namespace bramble
