// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_pending.hh"

#include <dirent.h>

#include <cerrno>

namespace bramble {
namespace {

// What is no longer dirty may have become to be healed: in this order none is missed.
constexpr const char* kIndices[] = {"glusterfs.xattrop_dirty_gfid", "glusterfs.xattrop_index_gfid"};

Result<void> read_index(const GlusterSession& brick, const char* index, std::size_t gfids_max,
                        std::vector<Gfid>& noted) {
  const GlusterLibrary& library = brick.library();
  Gfid id;
  const int size = static_cast<int>(id.bytes.size());
  if (library.get_attribute(brick.volume(), brick.root()->handle.get(), index, id.bytes.data(),
                            id.bytes.size()) != size)
    return errno_error(index);
  struct stat status = {};
  const GlusterHandle folder = brick.look_up(id, &status);
  if (!folder) return errno_error(index);
  glfs_fd_t* const stream = library.open_folder(brick.volume(), folder.get());
  if (stream == nullptr) return errno_error(index);
  int failed = 0;
  for (;;) {
    dirent room = {};
    dirent* entry = nullptr;
    failed = library.read_folder(stream, /*status=*/nullptr, &room, &entry);
    if (failed != 0 || entry == nullptr || noted.size() > gfids_max) break;
    if (const auto gfid = parse_gfid(entry->d_name)) noted.push_back(*gfid);
  }
  const Error why = errno_error(index);
  (void)library.close_folder(stream);
  if (failed != 0) return why;
  if (noted.size() > gfids_max) return errno_error(index, EFBIG);
  return {};
}

}  // namespace

Result<std::vector<Gfid>> noted_on_brick(const GlusterSession& brick, std::size_t gfids_max) {
  std::vector<Gfid> noted;
  for (const char* const index : kIndices) TRY(read_index(brick, index, gfids_max, noted));
  return noted;
}

}  // namespace bramble
