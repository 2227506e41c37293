// SPDX-License-Identifier: Apache-2.0
// The folders that the bricks are asked to list, and what they said.
//
//     find ─► listed, and the folder is as it was then? ─ yes ─► what all bricks said of the name
//                │ no: a miss; the caller asks the volume
//                └─► enough misses ─► wanted ─► list_wanted, a thread of its own ─► listed
//
// A listing costs less than a look-up for each sixteenth of its names: after so many misses the
// folder is listed (again). Who misses a name then is told by the volume, as look-ups are quick;
// but where kWorthWaiting have been, look-ups only keep the bricks from what makes them needless,
// and all others wait for the listing. Not long: a brick may hang that is asked for it. Then nobody
// does until it is there.
//
// What a listing says of a name is right for as long as a name that was looked up then would be:
// while the folder is in the epoch that it was in before the first brick was asked, and the
// connections hold; of a file, while that is in the epoch it was in, and for content_trust.
//
// A name that was not agreed on is no miss for two seconds, then it is: it may have been healed.
//
// A folder that was listed for many of its names is listed anew as soon as it is seen to have
// changed: list_anew.
//
// Dropped when nobody has used it for a while, or a brick is away: what is open of that one's disk
// would keep it from being unmounted. Where there is no room, another is not listed: a
// name of a listing costs 5 to 6 KB, with what gfapi keeps of its inode for each brick.
//
// Any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hh"
#include "volume/gluster_bricks.hh"
#include "volume/gluster_inode.hh"

namespace bramble {

class GlusterFolders {
 public:
  struct Options {
    std::chrono::milliseconds patience;  // of one who waits for a listing
    bool bricks_at_once;                 // each is asked by a thread of its own
  };
  // All outlive it. The generation is that of the connections.
  GlusterFolders(GlusterInodes& inodes, const std::atomic<std::uint64_t>& generation,
                 const Options& options, const Clock& clock)
      : inodes_(inodes), generation_(generation), options_(options), clock_(clock) {}

  // From now on these are asked. Once.
  void begin(std::shared_ptr<const GlusterBricks> bricks);
  const GlusterBricks* bricks() const { return bricks_at_hand_.load(std::memory_order_acquire); }
  // Whether all of them can be asked, and are those of the volume.
  void bricks_seen(bool whole) { whole_ = whole; }

  // What the bricks said of a name in the folder. Without a file: there is none of that name.
  // Nothing: the volume has to be asked. The folder is so many below the volume's root. Blocks for
  // the patience at most.
  struct Told {
    InodePointer file;
    std::uint64_t epoch = 0;  // of the file
    struct stat status = {};
    std::shared_ptr<const DiskFolder> disk;  // where that can be read; or nullptr
  };
  std::optional<Told> find(const InodePointer& folder, std::size_t depth, std::string_view name,
                           std::chrono::nanoseconds trust);

  // Whether it was listed last for at least as many names as that is worth.
  bool names_in_use(const Gfid& folder) const;
  // As soon as may be. What lingers of it ends with that.
  void list_anew(const InodePointer& folder);

  // Lists what is wanted, and waits for that until then. One thread. Blocks.
  void list_wanted(std::chrono::milliseconds time);
  // To be called now and then.
  void drop_unused();

  std::uint64_t listings() const { return listings_; }
  std::size_t entries() const;

 private:
  struct Listing;
  using ListingPointer = std::shared_ptr<const Listing>;
  struct Folder {
    ListingPointer listing;
    std::size_t found = 0;  // in it
    bool worth = false;     // so was the one before it, or the last
    std::size_t misses = 0;
    std::size_t misses_wanted = kMissesMin;
    bool wanted = false;
    bool again = false;  // it was seen to have changed while it was wanted
    bool late = false;   // somebody has waited for it in vain
    std::size_t depth = 0;
    Monotonic used;
  };
  struct Hash {
    std::size_t operator()(const Gfid& id) const { return hash_of(id); }
  };
  static std::size_t hash_of(const Gfid& id);
  // What a look-up costs, a listing does for so many.
  static constexpr std::size_t kNamesAMiss = 16;
  static constexpr std::size_t kMissesMin = 4;
  static constexpr std::size_t kWorthWaiting = 16;

  std::size_t entries_beside(const Gfid& one) const;  // of all other folders
  bool holds(const Listing& listing, const GlusterInode& folder) const;
  static bool is_worth_listing(const Folder& here);
  static ListingPointer take_listing(Folder& here, ListingPointer next);
  void missed(Folder& here, const InodePointer& folder);
  void want(Folder& here, const InodePointer& folder);
  std::optional<Told> find_in(Folder& here, const InodePointer& folder, std::string_view name,
                              std::chrono::nanoseconds trust);
  bool await_listing(std::unique_lock<std::mutex>& lock, const Gfid& folder);
  Result<ListingPointer> list(const InodePointer& folder, std::size_t depth);
  template <typename Answer>
  Result<std::array<Answer, kBricks>> ask_bricks(
      const std::function<Result<Answer>(const GlusterSession& brick)>& ask) const;

  GlusterInodes& inodes_;
  const std::atomic<std::uint64_t>& generation_;
  const Options options_;
  const Clock& clock_;
  std::shared_ptr<const GlusterBricks> bricks_;
  std::atomic<const GlusterBricks*> bricks_at_hand_{nullptr};
  std::atomic<bool> whole_{false};
  std::atomic<std::uint64_t> listings_{0};

  mutable std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable listed_;
  std::unordered_map<Gfid, Folder, Hash> folders_;
  std::deque<InodePointer> queue_;
};

}  // namespace bramble
