// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_folders.hh"

#include <algorithm>
#include <set>
#include <vector>

#include "volume/gluster_folder.hh"
#include "volume/gluster_pending.hh"

namespace bramble {
namespace {

using std::chrono::seconds;
using Lock = std::unique_lock<std::mutex>;

constexpr std::size_t kFoldersMax = 1024;       // that are counted for
constexpr std::size_t kEntriesMax = 4096;       // of a folder
constexpr std::size_t kEntriesOfAllMax = 4096;  // 5 to 6 KB each
constexpr std::size_t kNamesAMiss = 16;         // what a look-up costs, a listing does for so many
constexpr std::size_t kNotedMax = 1024;         // on a brick, or nothing is listed
constexpr seconds kUnusedMax{5};

bool operator<(const Gfid& one, const Gfid& other) { return one.bytes < other.bytes; }
struct Less {
  bool operator()(const Gfid& one, const Gfid& other) const { return one < other; }
};

}  // namespace

// What the bricks said of one folder. Never changes.
struct GlusterFolders::Listing {
  std::uint64_t epoch = 0;                         // of the folder
  std::uint64_t generation = 0;                    // of the connections
  std::map<std::string, Told, std::less<>> names;  // without a file: to be asked for
};

std::size_t GlusterFolders::hash_of(const Gfid& id) {
  std::size_t hash = 0;
  std::memcpy(&hash, id.bytes.data(), sizeof hash);
  return hash;
}

void GlusterFolders::begin(std::shared_ptr<const GlusterBricks> bricks) {
  bricks_ = std::move(bricks);
  bricks_at_hand_.store(bricks_.get(), std::memory_order_release);
}

bool GlusterFolders::holds(const Listing& listing, const GlusterInode& folder) const {
  return listing.epoch == folder.freshness.epoch() &&
         listing.generation == generation_.load(std::memory_order_acquire);
}

std::optional<GlusterFolders::Told> GlusterFolders::find(const InodePointer& folder,
                                                         std::string_view name,
                                                         std::chrono::nanoseconds trust) {
  if (!whole_) return std::nullopt;
  const Monotonic now = clock_.now();
  const Lock lock(mutex_);
  if (folders_.size() >= kFoldersMax && !folders_.contains(folder->id)) return std::nullopt;
  Folder& here = folders_[folder->id];
  here.used = now;
  if (here.listing == nullptr || !holds(*here.listing, *folder))
    return missed(here, folder), std::nullopt;
  const auto found = here.listing->names.find(name);
  if (found == here.listing->names.end()) return Told();
  const Told& told = found->second;
  if (told.file == nullptr) return std::nullopt;  // as it would be after another listing
  const Freshness& freshness = told.file->freshness;
  if (freshness.epoch() != told.epoch || !freshness.verified(now, trust))
    return missed(here, folder), std::nullopt;
  return told;
}

void GlusterFolders::missed(Folder& here, const InodePointer& folder) {
  if (++here.misses < here.misses_wanted || here.wanted) return;
  here.wanted = true;
  queue_.push_back(folder);
  wanted_.notify_one();
}

void GlusterFolders::list_wanted(std::chrono::milliseconds time) {
  Lock lock(mutex_);
  wanted_.wait_for(lock, time, [this] { return !queue_.empty(); });
  if (queue_.empty()) return;
  const InodePointer folder = std::move(queue_.front());
  queue_.pop_front();
  lock.unlock();
  std::shared_ptr<const Listing> listing = list(folder);
  lock.lock();
  const auto place = folders_.find(folder->id);
  if (place == folders_.end()) return;
  Folder& here = place->second;
  here.wanted = false;
  here.misses = 0;
  // What could not be listed is not tried again too soon: it may be too large.
  const std::size_t names = listing != nullptr ? listing->names.size() : kEntriesMax;
  here.misses_wanted = std::max(kMissesMin, names / kNamesAMiss);
  std::swap(here.listing, listing);
  lock.unlock();  // before the old one goes, with all its handles
}

std::shared_ptr<const GlusterFolders::Listing> GlusterFolders::list(const InodePointer& folder) {
  auto listing = std::make_shared<Listing>();
  listing->generation = generation_.load(std::memory_order_acquire);
  listing->epoch = folder->freshness.epoch();
  if (!whole_ || bricks() == nullptr) return nullptr;
  const std::size_t room =
      kEntriesOfAllMax - std::min(kEntriesOfAllMax, entries_beside(folder->id));
  const Monotonic asked = clock_.now();
  const std::uint64_t last_change = Freshness::last_change();
  std::array<BrickListing, kBricks> listings;
  for (std::size_t brick = 0; brick < kBricks; ++brick) {
    Result<BrickListing> listed =
        list_on_brick((*bricks_)[brick], folder->id, std::min(kEntriesMax, room));
    if (!listed.ok()) return nullptr;
    listings[brick] = *std::move(listed);
  }
  for (auto& [name, entry] : compare(std::move(listings))) {
    Told& told = listing->names[name];
    if (!entry.agreed) continue;
    const auto adopted = inodes_.adopt(entry.id, std::move(entry.handles), entry.status, asked);
    if (adopted.epochs.before > last_change) continue;  // it changed while it was listed
    told = {.file = adopted.inode, .epoch = adopted.epochs.now, .status = entry.status};
  }
  // From here on we hear of changes; of those before, the witness tells.
  const Result<BrickListing> again =
      list_on_brick((*bricks_)[bricks_->witness()], folder->id, kEntriesMax);
  if (!again.ok()) return nullptr;
  for (auto& [name, told] : listing->names)
    if (const auto found = again->find(name);
        told.file != nullptr && (found == again->end() || found->second.id != told.file->id ||
                                 !alike(found->second.status, told.status)))
      told = {};
  for (const auto& [name, entry] : *again) listing->names.try_emplace(name);
  std::set<Gfid, Less> noted;
  for (std::size_t brick = 0; brick < kBricks; ++brick) {
    const Result<std::vector<Gfid>> on_brick = noted_on_brick((*bricks_)[brick], kNotedMax);
    if (!on_brick.ok()) return nullptr;
    noted.insert(on_brick->begin(), on_brick->end());
  }
  if (!noted.empty())
    for (auto& [name, told] : listing->names)
      if (told.file != nullptr && noted.contains(told.file->id)) told = {};
  ++listings_;
  return whole_ ? listing : nullptr;
}

void GlusterFolders::drop_unused() {
  std::vector<std::shared_ptr<const Listing>> dropped;  // outside of the lock
  const Monotonic now = clock_.now();
  const Lock lock(mutex_);
  for (auto at = folders_.begin(); at != folders_.end();) {
    Folder& folder = at->second;
    if (folder.wanted || now - folder.used < kUnusedMax) {
      ++at;
      continue;
    }
    dropped.push_back(std::move(folder.listing));
    at = folders_.erase(at);
  }
}

std::size_t GlusterFolders::entries() const { return entries_beside(Gfid()); }

std::size_t GlusterFolders::entries_beside(const Gfid& one) const {
  const Lock lock(mutex_);
  std::size_t count = 0;
  for (const auto& [id, folder] : folders_)
    if (folder.listing != nullptr && id != one) count += folder.listing->names.size();
  return count;
}

}  // namespace bramble
