// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_folders.hh"

#include <algorithm>
#include <cerrno>
#include <future>
#include <iterator>
#include <set>
#include <utility>
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
constexpr std::size_t kNotedMax = 1024;         // on a brick, or nothing is listed
constexpr seconds kUnusedMax{5};
constexpr seconds kDoubtMin{2};  // what was not agreed on is listed again after so long

bool operator<(const Gfid& one, const Gfid& other) { return one.bytes < other.bytes; }
struct Less {
  bool operator()(const Gfid& one, const Gfid& other) const { return one < other; }
};

}  // namespace

// What the bricks said of one folder. Never changes.
struct GlusterFolders::Listing {
  InodePointer folder;           // held: forgotten and found again, it would begin its epochs anew
  std::uint64_t epoch = 0;       // of the folder
  std::uint64_t generation = 0;  // of the connections
  Monotonic asked;
  std::map<std::string, Told, std::less<>> names;  // without a file: to be asked for
  std::shared_ptr<const DiskFolder> disk;
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
                                                         std::size_t depth, std::string_view name,
                                                         std::chrono::nanoseconds trust) {
  if (!whole_) return std::nullopt;
  Lock lock(mutex_);
  if (folders_.size() >= kFoldersMax && !folders_.contains(folder->id)) return std::nullopt;
  Folder& here = folders_[folder->id];
  here.depth = depth;
  std::optional<Told> told = find_in(here, folder, name, trust);
  if (!told && await_listing(lock, folder->id))
    told = find_in(folders_[folder->id], folder, name, trust);
  if (told) ++folders_[folder->id].found;
  return told;
}

bool GlusterFolders::is_worth_listing(const Folder& here) {
  return here.listing == nullptr
             ? here.worth
             : here.found > 0 && here.found * kNamesAMiss >= here.listing->names.size();
}

// The one before, to be let go outside of the lock, with all its handles.
GlusterFolders::ListingPointer GlusterFolders::take_listing(Folder& here, ListingPointer next) {
  here.worth = is_worth_listing(here);
  here.found = 0;
  std::swap(here.listing, next);
  return next;
}

bool GlusterFolders::names_in_use(const Gfid& folder) const {
  if (!whole_) return false;
  const Lock lock(mutex_);
  const auto found = folders_.find(folder);
  return found != folders_.end() && is_worth_listing(found->second);
}

void GlusterFolders::list_anew(const InodePointer& folder) {
  const Lock lock(mutex_);
  const auto found = folders_.find(folder->id);
  if (found == folders_.end()) return;
  Folder& here = found->second;
  here.used = clock_.now();
  here.wanted ? void(here.again = true) : want(here, folder);
}

std::optional<GlusterFolders::Told> GlusterFolders::find_in(Folder& here,
                                                            const InodePointer& folder,
                                                            std::string_view name,
                                                            std::chrono::nanoseconds trust) {
  const Monotonic now = clock_.now();
  here.used = now;
  if (here.listing == nullptr || !holds(*here.listing, *folder))
    return missed(here, folder), std::nullopt;
  const auto found = here.listing->names.find(name);
  if (found == here.listing->names.end()) return Told();
  const Told& told = found->second;
  if (told.file == nullptr) {  // as it was a moment ago; later it may have been healed
    if (now - here.listing->asked >= kDoubtMin) missed(here, folder);
    return std::nullopt;
  }
  const Freshness& freshness = told.file->freshness;
  if (freshness.epoch() != told.epoch || !freshness.verified(now, trust))
    return missed(here, folder), std::nullopt;
  return Told{
      .file = told.file, .epoch = told.epoch, .status = told.status, .disk = here.listing->disk};
}

// Whether there is a new one.
bool GlusterFolders::await_listing(Lock& lock, const Gfid& folder) {
  const auto here = [&]() -> Folder* {
    const auto place = folders_.find(folder);
    return place == folders_.end() ? nullptr : &place->second;
  };
  const auto awaited = [&] { return here() != nullptr && here()->wanted; };
  if (!awaited() || here()->late || here()->misses < kWorthWaiting) return false;
  if (listed_.wait_for(lock, options_.patience, [&] { return !awaited(); }))
    return here() != nullptr && here()->listing != nullptr;
  here()->late = true;
  return false;
}

void GlusterFolders::missed(Folder& here, const InodePointer& folder) {
  if (++here.misses >= here.misses_wanted && !here.wanted) want(here, folder);
}

void GlusterFolders::want(Folder& here, const InodePointer& folder) {
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
  const std::size_t depth = folders_[folder->id].depth;
  lock.unlock();
  Result<ListingPointer> listed = list(folder, depth);
  lock.lock();
  const auto place = folders_.find(folder->id);
  if (place == folders_.end()) return;
  Folder& here = place->second;
  here.wanted = here.late = false;
  here.misses = 0;
  // What could not be listed is tried again after twice as many misses; what is too large, after
  // many.
  constexpr std::size_t kMissesMax = kEntriesMax / kNamesAMiss;
  if (listed.ok())
    here.misses_wanted = std::max(kMissesMin, (*listed)->names.size() / kNamesAMiss);
  else if (listed.error().code == EFBIG)
    here.misses_wanted = kMissesMax;
  else
    here.misses_wanted = std::min(2 * here.misses_wanted, kMissesMax);
  const bool right = listed.ok() && holds(**listed, *folder);  // still
  const ListingPointer before = take_listing(here, right ? *listed : nullptr);
  if (right) folder->freshness.end_lingering();
  if (!listed.ok()) here.worth = false;  // it is tried again for misses only
  if (std::exchange(here.again, false) && listed.ok() && !right) want(here, folder);
  listed_.notify_all();
  lock.unlock();
}

// In turn, too, where no thread is to be had.
template <typename Answer>
Result<std::array<Answer, kBricks>> GlusterFolders::ask_bricks(
    const std::function<Result<Answer>(const GlusterSession& brick)>& ask) const {
  const auto way =
      options_.bricks_at_once ? std::launch::async | std::launch::deferred : std::launch::deferred;
  std::array<std::future<Result<Answer>>, kBricks> awaited;
  for (std::size_t brick = 0; brick < kBricks; ++brick)
    awaited[brick] = std::async(way, ask, std::cref((*bricks_)[brick]));
  std::array<Answer, kBricks> answers;
  for (std::size_t brick = 0; brick < kBricks; ++brick) answers[brick] = TRY(awaited[brick].get());
  return answers;
}

Result<GlusterFolders::ListingPointer> GlusterFolders::list(const InodePointer& folder,
                                                            std::size_t depth) {
  auto listing = std::make_shared<Listing>();
  listing->folder = folder;
  listing->generation = generation_.load(std::memory_order_acquire);
  listing->epoch = folder->freshness.epoch();
  if (!whole_ || bricks() == nullptr) return errno_error("list a folder", ENOTCONN);
  const std::size_t room =
      kEntriesOfAllMax - std::min(kEntriesOfAllMax, entries_beside(folder->id));
  listing->asked = clock_.now();
  const DiskTime disk_asked = DiskTime::now();
  const std::uint64_t last_change = Freshness::last_change();
  auto listings = TRY(ask_bricks<BrickListing>([&](const GlusterSession& brick) {
    return list_on_brick(brick, folder->id, std::min(kEntriesMax, room));
  }));
  for (auto& [name, entry] : compare(std::move(listings))) {
    Told& told = listing->names[name];
    if (!entry.agreed) continue;
    const auto adopted =
        inodes_.adopt(entry.id, std::move(entry.handles), entry.status, listing->asked);
    if (adopted.epochs.before > last_change) continue;  // it changed while it was listed
    told = {.file = adopted.inode, .epoch = adopted.epochs.now, .status = entry.status};
  }
  // From here on we hear of changes; of those before, the witness tells.
  const BrickListing again =
      TRY(list_on_brick((*bricks_)[bricks_->witness()], folder->id, kEntriesMax));
  for (auto& [name, told] : listing->names)
    if (const auto found = again.find(name);
        told.file != nullptr && (found == again.end() || found->second.id != told.file->id ||
                                 !alike(found->second.status, told.status)))
      told = {};
  for (const auto& [name, entry] : again) listing->names.try_emplace(name);
  std::set<Gfid, Less> noted;
  const auto all_noted = TRY(ask_bricks<std::vector<Gfid>>(
      [](const GlusterSession& brick) { return noted_on_brick(brick, kNotedMax); }));
  for (const auto& on_brick : all_noted) noted.insert(on_brick.begin(), on_brick.end());
  if (!noted.empty())
    for (auto& [name, told] : listing->names)
      if (told.file != nullptr && noted.contains(told.file->id)) told = {};
  if (auto disk = bricks_->on_disk(folder->id, depth, disk_asked); disk.ok())
    listing->disk = std::make_shared<const DiskFolder>(*std::move(disk));
  if (!whole_) return errno_error("list a folder", ENOTCONN);
  ++listings_;
  return ListingPointer(std::move(listing));
}

void GlusterFolders::drop_unused() {
  std::vector<std::shared_ptr<const Listing>> dropped;  // outside of the lock
  const Monotonic now = clock_.now();
  const Lock lock(mutex_);
  for (auto at = folders_.begin(); at != folders_.end();) {
    Folder& folder = at->second;
    const bool wanted = folder.wanted || now - folder.used < kUnusedMax;
    if (!wanted || !whole_) dropped.push_back(take_listing(folder, nullptr));
    const bool remembered = folder.worth && folders_.size() <= kFoldersMax / 2;
    at = wanted || remembered ? std::next(at) : folders_.erase(at);
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
