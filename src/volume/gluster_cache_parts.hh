// SPDX-License-Identifier: Apache-2.0
// What a GlusterCache consists of: for its own files only.
#pragma once

#include <algorithm>
#include <cerrno>

#include "volume/gluster_cache.hh"

namespace bramble {

// What one kept name costs beside its content: the entry, gfapi's inode with what its layers keep.
inline constexpr std::uint64_t kNameBytes = 3072;
inline constexpr std::uint64_t kOnBricksBytes = 3072;  // for the same on the bricks

// What gfapi's threads tell.
struct GlusterCache::Heard {
  Heard(const GlusterLibrary& library, const Clock& clock) : inodes(library, clock) {}
  GlusterInodes inodes;
  std::atomic<bool> any{false};
  std::atomic<std::uint64_t> count{0};
};

// What a path leads to. Never changes, but for what is learnt of names beside it: another takes its
// place.
struct GlusterCache::Name : NothingBeside {
  std::uint64_t generation = 0;
  std::vector<Reliance> relied;
  InodePointer file;
  std::uint64_t file_epoch = 0;
  std::shared_ptr<const FileContent> content;  // of a file or folder
  bool linked = false;                         // by a symlink, at least once
  int code = 0;                                // an errno: it leads nowhere
  bool lasting = true;                         // nothing changed while it was fetched
  bool kept = true;                            // else only those who wait for it have it
  bool on_old_ground = false;                  // found in a folder that is of older connections
  std::vector<InodePointer> folders;  // from the root that is served: to it, where it is a folder

  // It may be missing where the link led before only: see doubt_none.
  bool missing_by_link() const {
    return linked && (code == ENOENT || code == ENOTDIR || code == EACCES);
  }

  // Of no inode that it relies on was a change heard of or seen.
  bool unchanged() const {
    for (const Reliance& on : relied)
      if (on.folder->freshness.epoch() != on.epoch) return false;
    return !content_changed();
  }
  bool content_changed() const { return file != nullptr && file->freshness.epoch() != file_epoch; }

  // What is known of the one is as right of the other: every folder that the one was looked up in
  // is as it was when the other was.
  bool stands_on(const Name& other) const {
    return generation == other.generation && std::ranges::all_of(relied, [&](const Reliance& on) {
             return std::ranges::any_of(other.relied, [&](const Reliance& its) {
               return its.folder == on.folder && its.epoch == on.epoch;
             });
           });
  }

  // Not to be given, though nothing else can be: what may have come by now is not missing.
  bool known_to_be_old() const { return code != 0 ? !unchanged() : content_changed(); }

  std::uint64_t bytes(std::string_view path) const {
    const bool on_bricks = file != nullptr && file->on_bricks() != nullptr;
    return kNameBytes + (on_bricks ? kOnBricksBytes : 0) + 2 * path.size() +
           relied.size() * sizeof(Reliance) + (content != nullptr ? content->bytes.memory() : 0);
  }
};

struct GlusterCache::Flight {
  explicit Flight(Monotonic now) : began(now) {}
  const Monotonic began;
  bool landed = false;
  Result<NamePointer> outcome{NamePointer()};
};

struct GlusterCache::Part {
  explicit Part(std::uint64_t bytes_max) : names(bytes_max) {}
  std::mutex mutex;
  std::condition_variable landed;
  S3Fifo<NamePointer> names;
  std::map<std::string, std::shared_ptr<Flight>, std::less<>> flights;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t stale_hits = 0;
};

inline Error open_error(int code) { return errno_error("open a file of the volume", code); }

}  // namespace bramble
