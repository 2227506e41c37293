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
  Walk(const GlusterLibrary& library, glfs_t* volume, glfs_object_t* root)
      : library_(library), volume_(volume), root_(root) {}

  // 0, or an errno.
  int to(std::string_view path) {
    if (int code = prepend(path)) return code;
    while (!left_.empty()) {
      const std::string name = std::move(left_.back());
      left_.pop_back();
      if (int code = step(name)) return code;
    }
    return 0;
  }

  // Where the walk ended.
  Result<GlusterEntry> entry() && {
    if (file_.handle) return std::move(file_);
    if (!chain_.empty()) return std::move(chain_.back());
    GlusterEntry root;
    if (library_.stat(volume_, root_, &root.status) != 0) return errno_error("glfs_h_stat");
    return root;
  }

 private:
  Result<GlusterEntry> look_up(glfs_object_t* folder, const char* name) {
    GlusterEntry found;
    found.handle = GlusterHandle(
        library_, library_.lookup(volume_, folder, name, &found.status, /*follow=*/0));
    if (!found.handle) return errno_error("glfs_h_lookupat");
    return found;
  }

  int step(const std::string& name) {
    if (file_.handle) return ENOTDIR;  // a name below a file
    if (name == ".") return 0;
    if (name == "..") return leave();
    if (name.size() > NAME_MAX) return ENAMETOOLONG;
    // The volume's own inner life, which lookups show and listings do not.
    if (name == ".meta" || name == ".glusterfs") return ENOENT;
    Result<GlusterEntry> found =
        look_up(chain_.empty() ? root_ : chain_.back().handle.get(), name.c_str());
    if (!found.ok()) return found.error().code;
    const mode_t mode = found->status.st_mode;
    if (S_ISLNK(mode)) return follow(*found);
    if (S_ISDIR(mode)) {
      chain_.push_back(*std::move(found));
      return 0;
    }
    if (!S_ISREG(mode)) return EACCES;
    file_ = *std::move(found);
    return 0;
  }

  int leave() {
    if (chain_.empty()) return EACCES;
    chain_.pop_back();
    return 0;
  }

  int follow(const GlusterEntry& link) {
    if (++links_ > kLinksMax) return ELOOP;
    std::string target(PATH_MAX, '\0');
    const int size = library_.read_link(volume_, link.handle.get(), target.data(), target.size());
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

  const GlusterLibrary& library_;
  glfs_t* volume_;
  glfs_object_t* root_;
  std::vector<GlusterEntry> chain_;  // without the root
  GlusterEntry file_;
  std::vector<std::string> left_;  // the next one last
  int links_ = 0;
};

}  // namespace

Result<GlusterEntry> walk(const GlusterLibrary& library, glfs_t* volume, glfs_object_t* root,
                          std::string_view path) {
  Walk here(library, volume, root);
  if (const int code = here.to(path))
    return errno_error(fmt::format("open \"{}\" in the volume", path), code);
  return std::move(here).entry();
}

}  // namespace bramble
