// SPDX-License-Identifier: Apache-2.0
// The files and folders of a GlusterFS volume that we hold.
//
// Bricks tell of changes by the inode's gfid, and gfapi passes on only what concerns inodes that it
// knows: so a handle is held for as long as anything is kept of the inode. That of the volume, or
// one on each brick (see gluster_bricks.hh), or all of them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "volume/file_content.hh"
#include "volume/freshness.hh"
#include "volume/gfid.hh"
#include "volume/gluster_library.hh"
#include "volume/gluster_volfile.hh"
#include "volume/volume.hh"

namespace bramble {

static_assert(sizeof(Gfid) == GFAPI_HANDLE_LENGTH);

using BrickHandles = std::array<GlusterHandle, kBricks>;

class GlusterInode {
 public:
  GlusterInode(GlusterHandle held, const struct stat& status, Gfid gfid = {})
      : id(gfid), handle(std::move(held)), folder(S_ISDIR(status.st_mode)) {}

  Freshness freshness;
  std::atomic<bool> used{true};  // since its status was last asked for
  const Gfid id;
  const GlusterHandle handle;  // of the volume; none: only on the bricks
  const bool folder;

  // The status was asked for at that time, and is this. Any thread.
  Freshness::Epochs observe(const struct stat& status, Monotonic asked,
                            std::chrono::nanoseconds lingering = {}) {
    return freshness.observe(Stamp(status), asked, /*doubt_after_change=*/folder, lingering);
  }

  // Of the content in this epoch, by connections of this generation, for FileStatus: what was not
  // heard of while one of them was lost may have changed it. Both are numbers of changes, so the
  // later one tells. No two inodes have the same ones: who was forgotten, and with him what was to
  // be heard of, comes back as another.
  std::uint64_t edition(std::uint64_t epoch, std::uint64_t generation) const {
    return (born_ << 32) + std::max(epoch, generation);
  }

  // A brick told that it was changed; where written, maybe its bytes. Any thread.
  void changed(bool written);
  bool unwritten_since(std::uint64_t edition) const;  // as far as bricks told
  // Somebody saw that the content of this edition is not right: who has a later one knew.
  void outdated(std::uint64_t edition);

  // What was read of it last, of this edition; nullptr: nothing, or nobody keeps it any more. The
  // edition counts, not the stamp alone: see FileStatus::edition. Any thread.
  std::shared_ptr<const FileContent> content(std::uint64_t edition) const;
  void remember(const std::shared_ptr<const FileContent>& content);

  // Its handles on the bricks, from when they are held on; else nullptr. The first ones stay.
  const BrickHandles* on_bricks() const { return on_bricks_.load(std::memory_order_acquire); }
  void hold(BrickHandles handles);

 private:
  static std::uint64_t next_birth();

  const std::uint64_t born_ = next_birth();
  std::atomic<const BrickHandles*> on_bricks_{nullptr};
  std::unique_ptr<const BrickHandles> held_on_bricks_;
  mutable std::mutex mutex_;
  std::weak_ptr<const FileContent> content_;
  std::atomic<std::uint64_t> written_{0};  // the epoch that it began last; 0: none
};

using InodePointer = std::shared_ptr<GlusterInode>;

// All inodes that anybody holds, by gfid. Any thread.
class GlusterInodes {
 public:
  // Both outlive it.
  GlusterInodes(const GlusterLibrary& library, const Clock& clock)
      : library_(library), clock_(clock) {}

  // The inode of a handle that a lookup gave, whose status was asked for at that time.
  struct Adopted {
    InodePointer inode;
    Freshness::Epochs epochs;
  };
  Adopted adopt(GlusterHandle handle, const struct stat& status, Monotonic asked);
  // The same of a file that all bricks told of alike.
  Adopted adopt(const Gfid& id, BrickHandles handles, const struct stat& status, Monotonic asked);

  void changed(const Gfid& id, bool written);  // a brick says so
  std::vector<InodePointer> folders();         // those that are held
  std::size_t size() const;

 private:
  struct Hash {
    std::size_t operator()(const Gfid& id) const {
      std::size_t hash = 0;
      std::memcpy(&hash, id.bytes.data(), sizeof hash);
      return hash;
    }
  };
  using Table = std::unordered_map<Gfid, std::weak_ptr<GlusterInode>, Hash>;

  bool changed_lately(const struct stat& status) const;
  InodePointer find(const Gfid& id);
  InodePointer add(InodePointer inode);
  void sweep();

  const GlusterLibrary& library_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  Table inodes_;
  Table folders_;
  std::size_t sweep_at_ = kSweepMin;  // that many inodes
  static constexpr std::size_t kSweepMin = 1024;
};

}  // namespace bramble
