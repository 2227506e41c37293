// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_inode.hh"

#include <algorithm>

namespace bramble {
namespace {

constexpr std::chrono::seconds kLately{60};  // a folder is doubted for 30 s, and clocks differ

}  // namespace

std::uint64_t GlusterInode::next_birth() {
  static std::atomic<std::uint64_t> births{0};
  return ++births;
}

std::shared_ptr<const FileContent> GlusterInode::content(std::uint64_t edition) const {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const FileContent> content = content_.lock();
  return content != nullptr && content->status.edition == edition ? content : nullptr;
}

void GlusterInode::remember(const std::shared_ptr<const FileContent>& content) {
  const std::lock_guard lock(mutex_);
  content_ = content;
}

void GlusterInode::changed(bool written) {
  const std::lock_guard lock(mutex_);  // two bricks tell at once: the later one is remembered
  const std::uint64_t epoch = freshness.changed();
  if (written) written_.store(epoch, std::memory_order_release);
}

bool GlusterInode::unwritten_since(std::uint64_t its_edition) const {
  const std::uint64_t written = written_.load(std::memory_order_acquire);
  return written == 0 || edition(written, 0) <= its_edition;
}

void GlusterInode::outdated(std::uint64_t its_edition) {
  if (edition(freshness.epoch(), 0) <= its_edition) freshness.changed();
}

void GlusterInode::hold(BrickHandles handles) {
  const std::lock_guard lock(mutex_);
  if (held_on_bricks_ != nullptr) return;
  held_on_bricks_ = std::make_unique<const BrickHandles>(std::move(handles));
  on_bricks_.store(held_on_bricks_.get(), std::memory_order_release);
}

GlusterInodes::Adopted GlusterInodes::adopt(GlusterHandle handle, const struct stat& status,
                                            Monotonic asked) {
  Gfid id;
  (void)library_.extract_handle(handle.get(), id.bytes.data(), static_cast<int>(id.bytes.size()));
  InodePointer inode = find(id);
  if (inode == nullptr || inode->folder != S_ISDIR(status.st_mode) || !inode->handle) {
    inode = add(std::make_shared<GlusterInode>(std::move(handle), status, id));
    if (inode->folder && changed_lately(status)) inode->freshness.doubt(asked);
  }
  const Freshness::Epochs epochs = inode->observe(status, asked);
  return {.inode = std::move(inode), .epochs = epochs};
}

GlusterInodes::Adopted GlusterInodes::adopt(const Gfid& id, BrickHandles handles,
                                            const struct stat& status, Monotonic asked) {
  InodePointer inode = find(id);
  if (inode == nullptr) inode = add(std::make_shared<GlusterInode>(GlusterHandle(), status, id));
  inode->hold(std::move(handles));
  const Freshness::Epochs epochs = inode->observe(status, asked);
  return {.inode = std::move(inode), .epochs = epochs};
}

// Or by a clock that is ahead.
bool GlusterInodes::changed_lately(const struct stat& status) const {
  return status.st_ctim.tv_sec > WallTime::clock::to_time_t(clock_.wall() - kLately);
}

// It, or the other one that somebody was faster to add. One with a handle of the volume takes the
// place of one without: who relies on that asks again, and finds this.
InodePointer GlusterInodes::add(InodePointer inode) {
  const std::lock_guard lock(mutex_);
  if (inodes_.size() >= sweep_at_) sweep();
  std::weak_ptr<GlusterInode>& place = inodes_[inode->id];
  if (InodePointer other = place.lock(); other != nullptr && other->folder == inode->folder) {
    if (other->handle || !inode->handle) return other;
    other->freshness.changed();
  }
  place = inode;
  if (inode->folder) folders_[inode->id] = inode;
  return inode;
}

InodePointer GlusterInodes::find(const Gfid& id) {
  const std::lock_guard lock(mutex_);
  const auto found = inodes_.find(id);
  return found == inodes_.end() ? nullptr : found->second.lock();
}

void GlusterInodes::changed(const Gfid& id, bool written) {
  if (const InodePointer inode = find(id)) inode->changed(written);
}

std::vector<InodePointer> GlusterInodes::folders() {
  const std::lock_guard lock(mutex_);
  std::vector<InodePointer> held;
  for (const auto& [id, weak] : folders_)
    if (InodePointer folder = weak.lock()) held.push_back(std::move(folder));
  return held;
}

// Those that nobody holds any more. Each sweep comes after as many new ones as it leaves.
void GlusterInodes::sweep() {
  const auto gone = [](const auto& item) { return item.second.expired(); };
  std::erase_if(inodes_, gone);
  std::erase_if(folders_, gone);
  sweep_at_ = std::max(kSweepMin, 2 * inodes_.size());
}

std::size_t GlusterInodes::size() const {
  const std::lock_guard lock(mutex_);
  return inodes_.size();
}

}  // namespace bramble
