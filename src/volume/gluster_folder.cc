// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_folder.hh"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "volume/gluster_file.hh"

namespace bramble {
namespace {

constexpr std::uint32_t kWanted = GFAPI_XREADDIRP_STAT | GFAPI_XREADDIRP_HANDLE;

class OpenedFolder {
 public:
  OpenedFolder(const GlusterLibrary& library, glfs_t* volume, glfs_object_t* folder)
      : library_(library), stream_(library.open_folder(volume, folder)) {}
  ~OpenedFolder() {
    if (stream_ != nullptr) (void)library_.close_folder(stream_);
  }
  OpenedFolder(const OpenedFolder&) = delete;
  OpenedFolder& operator=(const OpenedFolder&) = delete;

  explicit operator bool() const { return stream_ != nullptr; }

  // False: there are no more.
  Result<bool> next(BrickListing& listing) {
    glfs_xreaddirp_stat_t* told = nullptr;
    dirent room = {};
    dirent* found = nullptr;
    const int flags = library_.read_folder_with_handles(stream_, kWanted, &told, &room, &found);
    if (flags < 0) return errno_error("list a folder on a brick");
    const bool more = found != nullptr;
    if (more) take(*found, static_cast<std::uint32_t>(flags), told, listing);
    if (told != nullptr) library_.free(told);
    return more;
  }

 private:
  // Without its status or handle an entry is none that anybody agrees on.
  void take(const dirent& found, std::uint32_t flags, glfs_xreaddirp_stat_t* told,
            BrickListing& listing) {
    const std::string_view name = found.d_name;
    if (name == "." || name == "..") return;
    BrickEntry& entry = listing[std::string(name)];
    if (told == nullptr || (flags & kWanted) != kWanted) return;
    entry.status = *library_.stat_of_entry(told);
    entry.handle = GlusterHandle(library_, library_.copy_object(library_.object_of_entry(told)));
    if (entry.handle)
      (void)library_.extract_handle(entry.handle.get(), entry.id.bytes.data(),
                                    static_cast<int>(entry.id.bytes.size()));
  }

  const GlusterLibrary& library_;
  glfs_fd_t* const stream_;
};

}  // namespace

Result<BrickListing> list_on_brick(const GlusterSession& brick, const Gfid& folder,
                                   std::size_t entries_max) {
  const GlusterLibrary& library = brick.library();
  struct stat before = {};
  const GlusterHandle handle = brick.look_up(folder, &before);
  if (!handle) return errno_error("look up a folder on a brick");
  if (!may_enter(before)) return errno_error("look up names on a brick", EACCES);
  OpenedFolder opened(library, brick.volume(), handle.get());
  if (!opened) return errno_error("open a folder on a brick");
  BrickListing listing;
  while (TRY(opened.next(listing)))
    if (listing.size() > entries_max) return errno_error("list a folder", EFBIG);
  struct stat after = {};
  if (library.stat(brick.volume(), handle.get(), &after) != 0)
    return errno_error("read the status of a folder on a brick");
  if (!(Stamp(before) == Stamp(after))) return errno_error("list a folder", EAGAIN);
  return listing;
}

std::map<std::string, ListedEntry, std::less<>> compare(
    std::array<BrickListing, kBricks> listings) {
  std::map<std::string, ListedEntry, std::less<>> compared;
  for (const BrickListing& listing : listings)
    for (const auto& [name, entry] : listing) compared.try_emplace(compared.end(), name);
  for (auto& [name, entry] : compared) {
    std::array<BrickEntry*, kBricks> of{};
    for (std::size_t i = 0; i < kBricks; ++i)
      if (const auto found = listings[i].find(name); found != listings[i].end())
        of[i] = &found->second;
    entry.agreed = std::ranges::all_of(of, [&](const BrickEntry* each) {
      return each != nullptr && each->handle && S_ISREG(each->status.st_mode) &&
             each->id == of[0]->id && alike(each->status, of[0]->status);
    });
    if (!entry.agreed) continue;
    entry.id = of[0]->id;
    entry.status = of[0]->status;
    for (std::size_t i = 0; i < kBricks; ++i) entry.handles[i] = std::move(of[i]->handle);
  }
  return compared;
}

}  // namespace bramble
