// SPDX-License-Identifier: Apache-2.0
// What a GlusterCache asks the bricks themselves.
#include <algorithm>
#include <cerrno>
#include <climits>

#include "volume/gluster_cache.hh"
#include "volume/gluster_cache_parts.hh"

namespace bramble {

Result<void> GlusterCache::connect_bricks() {
  if (bricks_ == nullptr) {
    Result<std::unique_ptr<GlusterBricks>> found = GlusterBricks::of(*session_);
    if (!found.ok()) return Error{.code = ENOTSUP, .what = found.error().what};
    bricks_ = *std::move(found);
  }
  TRY(bricks_->connect());
  TRY(bricks_->listen(ear_));
  folders_.begin(bricks_);
  return {};
}

std::vector<GlusterLink> GlusterCache::look_at_bricks() {
  const GlusterBricks* const bricks = folders_.bricks();
  if (bricks == nullptr) return {};
  const Result<std::vector<GlusterLink>> links = bricks->look_at_links();
  folders_.bricks_seen(links.ok() && bricks->are_those_of(*session_) &&
                       std::ranges::all_of(*links, &GlusterLink::connected));
  return links.ok() ? *links : std::vector<GlusterLink>();
}

// True: the name is what all of them said. The folder above is as it was when they did, so it says
// no less than a look-up of then.
bool GlusterCache::told_by_bricks(const GlusterTrail& above, std::string_view last, Name& name) {
  if (last.size() > NAME_MAX || last.find('/') != last.npos) return false;
  if (last.empty() || last == "." || last == ".." || !links_watched(clock_.now())) return false;
  const InodePointer& folder = above.folders.back();
  if (!verify(*folder, options_.names_trust)) return false;
  const std::uint64_t epoch = folder->freshness.epoch();
  const std::size_t depth = root_depth_ + above.folders.size() - 1;
  const std::optional<GlusterFolders::Told> told =
      folders_.find(folder, depth, last, content_trust());
  if (!told) return false;
  if (told->file == nullptr)
    name.code = ENOENT;
  else if (!may_read(told->status))
    name.code = EACCES;
  else if (!read_from_brick(*told, last, name))
    return false;
  name.file = told->file;
  name.file_epoch = told->epoch;
  name.relied = above.relied;
  name.linked = above.linked;
  name.relied.push_back({.folder = folder, .epoch = epoch});
  name.lasting = name.lasting && unchanged(name);
  return true;
}

bool GlusterCache::read_from_brick(const GlusterFolders::Told& told, std::string_view last,
                                   Name& name) {
  GlusterInode& inode = *told.file;
  const Stamp stamp(told.status);
  const std::uint64_t edition = inode.edition(told.epoch, name.generation);
  std::shared_ptr<const FileContent> content = inode.content(edition);
  if (content == nullptr || !content->whole || !(content->stamp == stamp)) {
    if (inode.on_bricks() == nullptr || told.status.st_size > static_cast<off_t>(kReadBytesMax))
      return false;
    const bool small = static_cast<std::uint64_t>(told.status.st_size) <= options_.file_bytes_max;
    std::shared_ptr<const HeldShare> room;
    if (!small) {
      room = std::make_shared<HeldShare>(unkept_, static_cast<std::size_t>(stamp.size));
      const bool read_whole = room->bytes() > 0 && copies_.asked_for_once(inode.id.text());
      if (!read_whole) return false;  // it is read in pieces, or copied
    }
    Result<std::string> bytes = told.disk != nullptr
                                    ? told.disk->read(std::string(last), told.status)
                                    : errno_error("elsewhere", ENOENT);
    if (bytes.ok()) ++files_from_disk_;
    if (!bytes.ok()) bytes = folders_.bricks()->read(inode.id, told.status);
    if (!bytes.ok()) return false;
    FileStatus status = file_status(told.status);
    status.edition = edition;
    content = std::make_shared<const FileContent>(FileContent{.bytes = HeadedBytes(*bytes),
                                                              .whole = true,
                                                              .status = std::move(status),
                                                              .stamp = stamp,
                                                              .room = std::move(room)});
    name.kept = small;
    if (small) inode.remember(content);
    ++files_from_bricks_;
  }
  name.content = std::move(content);
  return true;
}

}  // namespace bramble
