// SPDX-License-Identifier: Apache-2.0
// What a GlusterCache asks the volume: where a name leads, what is there, and whether it still is.
#include <algorithm>
#include <cerrno>

#include "volume/gluster_cache.hh"
#include "volume/gluster_cache_parts.hh"

namespace bramble {
namespace {

using std::chrono::nanoseconds;

constexpr int kTries = 3;                     // where something changes while it is fetched
constexpr std::ptrdiff_t kKeptDepthMax = 64;  // folders further down are not kept on their own

// What can be said of the name; anything else is the volume's own trouble.
bool speaks_of_the_name(int code) {
  return code == ENOENT || code == ENOTDIR || code == EACCES || code == EPERM || code == ELOOP ||
         code == ENAMETOOLONG;
}

// Before what is looked up from the nearest folder that is kept.
std::size_t last_slash(std::string_view path) {
  const bool deep = std::count(path.begin(), path.end(), '/') > kKeptDepthMax;
  return deep ? path.npos : path.rfind('/');
}

std::string_view last_of(std::string_view path) { return path.substr(last_slash(path) + 1); }

// Of a call on a handle: that there is none says nothing of the name, which has another file by
// now, or none.
Error handle_error(int code) { return open_error(code == ENOENT ? ESTALE : code); }

}  // namespace

Result<GlusterCache::NamePointer> GlusterCache::fetch(const std::string& path,
                                                      const NamePointer& kept) {
  if (kept != nullptr && verify(*kept)) return kept;
  for (int tries = 1;; ++tries) {
    Result<NamePointer> got = fetch_once(path);
    const bool good =
        got.ok() ? (*got)->lasting || (*got)->on_old_ground : got.error().code != ESTALE;
    // The tries before may have been lost to other changes.
    const bool doubted = got.ok() && (*got)->missing_by_link();
    if (good || tries >= (doubted ? 2 * kTries : kTries)) return got;
  }
}

// Asks for the status of what has not been asked for too long.
bool GlusterCache::verify(const Name& name) {
  if (!unchanged(name)) return false;
  for (const Reliance& on : name.relied)
    if (!verify(*on.folder, options_.names_trust)) return false;
  if (name.file != nullptr && !verify(*name.file, content_trust())) return false;
  return fresh(name, clock_.now());
}

bool GlusterCache::verify(GlusterInode& inode, nanoseconds trust, nanoseconds lingering) {
  const Monotonic asked = clock_.now();
  if (inode.freshness.verified(asked, trust)) return true;
  if (!inode.handle) return false;  // it is known to its bricks only
  struct stat status = {};
  if (session_->library().stat(session_->volume(), inode.handle.get(), &status) != 0) {
    if (errno == ESTALE || errno == ENOENT) inode.freshness.changed();
    return false;
  }
  (void)inode.observe(status, asked, lingering);
  return true;
}

Result<GlusterCache::NamePointer> GlusterCache::fetch_once(const std::string& path) {
  auto name = std::make_shared<Name>();
  name->generation = generation_.load(std::memory_order_acquire);
  const std::uint64_t last_change = Freshness::last_change();
  GlusterTrail trail = path.empty() ? TRY(walk_to_root()) : TRY(stand_above(path, *name));
  const std::string_view last = last_of(path);
  if (trail.code == 0 && !path.empty()) {
    if (told_by_bricks(trail, last, *name)) {
      doubt_none(*name);
      return NamePointer(std::move(name));
    }
    trail = walk_on(ground(), std::move(trail), last);
  }
  if (trail.code == ESTALE)  // a folder on the way is gone, and what is kept does not know it
    for (const Reliance& on : trail.relied) on.folder->freshness.changed();
  if (trail.code != 0 && !speaks_of_the_name(trail.code)) return open_error(trail.code);
  name->relied = std::move(trail.relied);
  name->linked = trail.linked;
  name->code = trail.code == EPERM ? EACCES : trail.code;
  if (name->code == 0 && trail.file == nullptr) {
    name->folders = std::move(trail.folders);
    name->content = std::make_shared<FileContent>(
        FileContent{.status = {.type = FileStatus::Type::kFolder}, .stamp = Stamp({})});
  } else if (name->code == 0) {
    name->file = trail.file;
    name->file_epoch = trail.epochs.now;
    // An event that came before its inode was known here would be lost.
    name->lasting = name->lasting && trail.epochs.before <= last_change;
    TRY(read_content(trail, *name));
  }
  name->lasting = name->lasting && unchanged(*name);
  doubt_none(*name);
  return NamePointer(std::move(name));
}

// The switch of a link makes no event, the removal of what it led to does: what is not there now,
// or may not be read, may have been looked for where the link led before, while it was there at
// every moment. So what is relied on has to be as it was after the look-up.
void GlusterCache::doubt_none(Name& name) {
  if (!name.missing_by_link()) return;
  for (const Reliance& on : name.relied)
    if (!verify(*on.folder, nanoseconds(0))) name.lasting = false;
  name.lasting = name.lasting && unchanged(name);
}

// In the nearest folder that is kept; where that could not be looked up anew, what is found in it
// does not last. Nor is it tried again: it would be at each folder of a path.
Result<GlusterTrail> GlusterCache::stand_above(const std::string& path, Name& name) {
  const std::size_t slash = last_slash(path);
  const NamePointer above = TRY(look_up(slash == path.npos ? "" : path.substr(0, slash)));
  name.on_old_ground = above->on_old_ground || above->generation < name.generation;
  name.lasting = !name.on_old_ground;
  GlusterTrail trail{.folders = above->folders,
                     .relied = above->relied,
                     .linked = above->linked,
                     .code = above->code};
  if (trail.code == 0 && above->file != nullptr) trail.code = ENOTDIR;
  return trail;
}

// The folder that is served is walked to as any other, as somebody may put another in its place;
// but then nothing leads out of it.
Result<GlusterTrail> GlusterCache::walk_to_root() {
  if (root_ == nullptr) {
    const Monotonic asked = clock_.now();
    struct stat status = {};
    GlusterHandle root(session_->library(),
                       session_->library().lookup(session_->volume(), nullptr, "/", &status, 0));
    if (!root) return open_error(errno);
    if (!S_ISDIR(status.st_mode)) return open_error(EIO);  // gfapi hides that nobody answered
    root_ = heard_->inodes.adopt(std::move(root), status, asked).inode;
  }
  GlusterTrail trail = walk_on(ground(), {.folders = {root_}}, folder_);
  if (trail.code == 0 && trail.file != nullptr) trail.code = ENOTDIR;
  if (trail.code != 0) return trail;
  root_depth_ = trail.folders.size() - 1;
  trail.folders.erase(trail.folders.begin(), trail.folders.end() - 1);
  return trail;
}

// The times that a look-up told may be those of the file that had the name before, for ever (see
// gluster_walk.hh): what the handle's status says counts.
Result<void> GlusterCache::read_content(const GlusterTrail& trail, Name& name) {
  GlusterInode& inode = *trail.file;
  struct stat status = trail.status;
  for (int looks = 0; looks < 2; ++looks) {
    const bool readable = may_read(status);
    const Stamp stamp(status);
    // Another one after a change of connections: by those, gfapi hears of it only when its handle
    // was used.
    const std::uint64_t edition = inode.edition(name.file_epoch, name.generation);
    name.content = readable ? inode.content(edition) : nullptr;
    if (name.content != nullptr && name.content->stamp == stamp) return {};
    FileContent content{.status = file_status(status), .stamp = stamp};
    content.status.edition = edition;
    const bool small = readable && content.status.size <= options_.file_bytes_max;
    if (small) {
      auto bytes = read_without_open(*session_, inode.handle, content.status.size);
      if (!bytes.ok()) return handle_error(bytes.error().code);
      content.bytes = HeadedBytes(*bytes);
    }
    const Monotonic asked = clock_.now();
    if (session_->library().stat(session_->volume(), inode.handle.get(), &status) != 0)
      return handle_error(errno);
    const Freshness::Epochs epochs = inode.observe(status, asked);
    content.whole = small && content.bytes.size() == content.status.size;
    if (Stamp(status) == stamp && !readable) return name.code = EACCES, Result<void>();
    if (Stamp(status) == stamp && content.whole == small) {
      name.content = std::make_shared<const FileContent>(std::move(content));
      inode.remember(name.content);
      return {};
    }
    name.lasting = name.lasting && epochs.before == name.file_epoch;  // else an event came, too
    name.file_epoch = epochs.now;
  }
  return open_error(ESTALE);
}

}  // namespace bramble
