// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_walk.hh"

#include <fmt/format.h>

#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include "base/text.hh"

namespace bramble {
namespace {

constexpr int kLinksMax = 40;  // as the kernel's MAXSYMLINKS

class Walk {
 public:
  Walk(const GlusterGround& ground, GlusterTrail trail)
      : ground_(ground), trail_(std::move(trail)) {}

  GlusterTrail to(std::string_view path) && {
    trail_.code = go(path);
    return std::move(trail_);
  }

 private:
  // 0, or an errno.
  int go(std::string_view path) {
    if (int code = prepend(path)) return code;
    while (!left_.empty()) {
      const std::string name = std::move(left_.back());
      left_.pop_back();
      if (int code = step(name)) return code;
    }
    return 0;
  }

  int step(const std::string& name) {
    if (trail_.file != nullptr) return ENOTDIR;  // a name below a file
    if (name == ".") return 0;
    if (name == "..") return leave();
    if (name.size() > NAME_MAX) return ENAMETOOLONG;
    // The volume's own inner life, which lookups show and listings do not.
    if (name == ".meta" || name == ".glusterfs") return ENOENT;
    const InodePointer& folder = trail_.folders.back();
    trail_.relied.push_back({.folder = folder, .epoch = folder->freshness.epoch()});
    const Monotonic asked = ground_.clock != nullptr ? ground_.clock->now() : Monotonic();
    GlusterHandle found(ground_.library,
                        ground_.library.lookup(ground_.volume, folder->handle.get(), name.c_str(),
                                               &trail_.status, /*follow=*/0));
    if (!found) return errno;
    const mode_t mode = trail_.status.st_mode;
    if (S_ISLNK(mode)) return trail_.linked = true, follow(found.get());
    if (!S_ISDIR(mode) && !S_ISREG(mode)) return EACCES;
    InodePointer inode;
    if (ground_.inodes == nullptr) {
      inode = std::make_shared<GlusterInode>(std::move(found), trail_.status);
    } else {
      auto adopted = ground_.inodes->adopt(std::move(found), trail_.status, asked);
      inode = std::move(adopted.inode);
      trail_.epochs = adopted.epochs;
    }
    if (S_ISDIR(mode))
      trail_.folders.push_back(std::move(inode));
    else
      trail_.file = std::move(inode);
    return 0;
  }

  int leave() {
    if (trail_.folders.size() == 1) return EACCES;
    trail_.folders.pop_back();
    return 0;
  }

  int follow(glfs_object_t* link) {
    if (++links_ > kLinksMax) return ELOOP;
    std::string target(PATH_MAX, '\0');
    const int size = ground_.library.read_link(ground_.volume, link, target.data(), target.size());
    if (size < 0) return errno;
    target.resize(static_cast<std::size_t>(size));
    target.resize(std::min(target.size(), target.find('\0')));  // some count the end
    if (target.empty()) return ENOENT;
    if (target.front() == '/') return EACCES;
    return prepend(target);
  }

  // The names of the path come before those that are left. "a/" is "a/.": a must be a folder.
  int prepend(std::string_view path) {
    if (path.size() >= PATH_MAX) return ENAMETOOLONG;
    if (path.find('\0') != path.npos) return ENOENT;
    if (path.starts_with('/')) return EACCES;
    const std::vector<std::string_view> names = split(path, '/');
    if (path.ends_with('/')) left_.emplace_back(".");
    for (auto name = names.rbegin(); name != names.rend(); ++name)
      if (!name->empty()) left_.emplace_back(*name);
    return 0;
  }

  const GlusterGround& ground_;
  GlusterTrail trail_;
  std::vector<std::string> left_;  // the next one last
  int links_ = 0;
};

}  // namespace

GlusterTrail walk_on(const GlusterGround& ground, GlusterTrail trail, std::string_view path) {
  return Walk(ground, std::move(trail)).to(path);
}

Result<GlusterEntry> walk(const GlusterGround& ground, const InodePointer& root,
                          std::string_view path) {
  GlusterTrail trail = walk_on(ground, {.folders = {root}}, path);
  if (trail.code != 0)
    return errno_error(fmt::format("open \"{}\" in the volume", path), trail.code);
  GlusterEntry entry{.inode = trail.found(), .status = trail.status};
  if (ground.library.stat(ground.volume, entry.inode->handle.get(), &entry.status) != 0)
    return errno_error("glfs_h_stat", errno == ENOENT ? ESTALE : errno);
  return entry;
}

}  // namespace bramble
