// SPDX-License-Identifier: Apache-2.0
// What a web server keeps of a GlusterFS volume: which file a name leads to, or that it leads to
// none; what the file is; and its content, in memory or, of larger files, in local copies.
//
//     open ─► kept? ─ no ──────────────────────────────► fetch: walk from the nearest folder that
//               │ yes                                      ▲    is fresh; read; was it the same?
//               ▼                                          │
//             fresh? ─ yes ─► given, nobody is asked       │ something changed
//               │ no                                       │
//               └─► only time has passed? ─► ask the status of what lapsed ─ the same ─► given
//
// A folder whose names are missed again and again is listed by each of its bricks. Of what they
// agree on, the content is read from one of them, and names are given or refused unasked: see
// gluster_folders.hh. All else is fetched as above, and so is what has been trusted for too long.
//
// A large file is copied when it is asked for once more: see local_copies.hh.
//
// Fresh is what satisfies all of these:
//   links    the connections to all bricks have been looked at within a second, and are those over
//            which it was fetched: a brick that was away has forgotten to tell us (distrust())
//   names    each folder whose names were looked up on the way is in the epoch it was in then, and
//            its status was asked for within names_trust: renames make no event
//   content  the file is in the epoch it was in, and its status was asked for within content_trust
//            where bricks tell of changes; else within names_trust
//
// Promise: what another client changed in content or attributes is right here when the event is
// (8 ms, seen with 10.3); a name, names_trust later; where bricks do not tell, all names_trust
// later. Whether they do is known by the first event.
//
// A folder with many names in use that is seen to have changed is listed anew at once, and until it
// is, and for names_trust after the look before at most, what is at hand of its names lingers.
//
// One fetch of a name at a time: the others who ask for it wait, and take what it brought if it
// took no longer than 100 ms, or began after they asked. Where the volume cannot be read, or hangs,
// what is kept is given though it is not fresh, and counted: rather old than nothing.
//
// Any thread. Names are spread by hash over parts with a lock each.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_budget.hh"
#include "base/clock.hh"
#include "volume/gluster_bricks.hh"
#include "volume/gluster_file.hh"
#include "volume/gluster_folders.hh"
#include "volume/gluster_inode.hh"
#include "volume/gluster_session.hh"
#include "volume/gluster_walk.hh"
#include "volume/local_copies.hh"
#include "volume/s3_fifo.hh"
#include "volume/volume.hh"

namespace bramble {

struct GlusterCacheOptions {
  std::uint64_t memory_bytes = 64 << 20;
  std::uint64_t file_bytes_max = 32 << 10;  // larger ones go to local copies
  std::uint64_t copy_bytes = 1 << 30;       // of all of those together; 0: none
  std::size_t copies_max = 4096;            // each is an open file
  std::string copy_folder = "/var/tmp";
  std::chrono::milliseconds names_trust{1000};
  std::chrono::milliseconds listing_patience{250};  // a brick may hang that is asked for it
  std::chrono::milliseconds content_trust{60'000};  // an event may get lost in ways not known yet
  bool bricks_at_once = true;                       // they are machines: none waits for another
};

class GlusterCache {
 public:
  // The folder of the volume that is served. The clock outlives it. Registers for events.
  GlusterCache(std::shared_ptr<GlusterSession> session, std::string folder,
               GlusterCacheOptions options, const Clock& clock);
  ~GlusterCache();
  GlusterCache(const GlusterCache&) = delete;
  GlusterCache& operator=(const GlusterCache&) = delete;

  // As Volume::open, but that an error of the volume's own is given as gfapi told it. Blocks.
  Result<std::unique_ptr<VolumeFile>> open(std::string_view path);
  // Does not block: EAGAIN where open would have to ask the volume, and from the file's read, too.
  Result<std::unique_ptr<VolumeFile>> open_at_hand(std::string_view path);
  // The same beside a file that open_at_hand gave: learns with that what is not there.
  Result<std::unique_ptr<VolumeFile>> open_beside_at_hand(const VolumeFile& file,
                                                          std::string_view path,
                                                          std::string_view ending);

  // Does not block either, and gives what is not fresh, too, where all that speaks against it is
  // that it could not be verified: while some fetch hangs, for 800 ms and more. Else EAGAIN.
  Result<std::unique_ptr<VolumeFile>> open_kept(std::string_view path);

  // To be called each 200 ms: whether nothing was lost of what bricks told since the last time.
  void links_seen(bool held);
  // To be called each 200 ms: asks for the status of the folders that were used since they were
  // asked last, so that those who use them seldom need to. Blocks, for 200 ms and a call: of more
  // folders than can be asked by then, the others have their turn the next times, before any has
  // another. By one thread.
  void verify_folders();

  // Holds those files of the volume that are there, one of which somebody writes now and then: so
  // the first event comes though nobody changes what is served. To be called now and then, by one
  // thread. Blocks.
  void await_event(const std::vector<std::string>& paths);

  // Lets go what no longer has room on the local disk. To be called each 200 ms, by one thread.
  // Blocks, for as long as the disk does.
  void let_go_copies() { copies_.let_go(); }

  // To connect to the bricks themselves: without that, all is asked of the volume. May be tried
  // again; ENOTSUP: never. Blocks, and so does list_folders, which is to be called all the time: by
  // one thread of their own.
  Result<void> connect_bricks();
  void list_folders(std::chrono::milliseconds time) { folders_.list_wanted(time); }
  // To be called each 200 ms, before links_seen: the connections to them, as far as they can be
  // seen.
  std::vector<GlusterLink> look_at_bricks();

  CacheFigures figures() const;

 private:
  struct Heard;
  struct Name;
  struct Flight;
  struct Part;
  using NamePointer = std::shared_ptr<const Name>;
  static constexpr std::size_t kParts = 8;

  Part& part_of(std::string_view path);
  NamePointer find_at_hand(std::string_view path);
  bool fresh(const Name& name, Monotonic now, bool lingering = false) const;
  bool links_watched(Monotonic now) const;
  bool unchanged(const Name& name) const;
  bool hangs() const;
  Result<NamePointer> look_up(std::string_view path);
  Result<NamePointer> fly(std::unique_lock<std::mutex>& lock, Part& part, std::string_view path,
                          const NamePointer& kept);
  Result<NamePointer> fetch(const std::string& path, const NamePointer& kept);
  bool verify(const Name& name);
  bool verify(GlusterInode& inode, std::chrono::nanoseconds trust,
              std::chrono::nanoseconds lingering = {});
  Result<NamePointer> fetch_once(const std::string& path);
  Result<GlusterTrail> stand_above(const std::string& path, Name& name);
  void doubt_none(Name& name);
  bool told_by_bricks(const GlusterTrail& above, std::string_view last, Name& name);
  bool read_from_brick(const GlusterFolders::Told& told, std::string_view last, Name& name);
  Result<GlusterTrail> walk_to_root();
  Result<void> read_content(const GlusterTrail& trail, Name& name);
  std::chrono::nanoseconds content_trust() const;
  Result<std::unique_ptr<VolumeFile>> give(const NamePointer& name, bool may_wait);
  GlusterGround ground();

  const std::shared_ptr<GlusterSession> session_;
  const std::string folder_;
  const GlusterCacheOptions options_;
  const Clock& clock_;
  const std::shared_ptr<Heard> heard_;  // gfapi's threads have it, too
  InodePointer root_;                   // of the volume; of the fetch of "", which is one at a time
  std::atomic<std::size_t> root_depth_{0};  // of the folder that is served, below that
  std::vector<InodePointer> awaited_;
  std::vector<InodePointer> unasked_;  // the folders of this round that are still to be asked
  std::array<std::unique_ptr<Part>, kParts> parts_;
  LocalCopies copies_;
  const std::shared_ptr<ByteBudget> unkept_ = std::make_shared<ByteBudget>(kUnkeptBytes);

  std::atomic<std::uint64_t> generation_{0};  // of the connections: when one of them changed last
  std::atomic<std::uint64_t> distrusted_{0};
  std::atomic<Monotonic::rep> links_seen_{0};
  std::shared_ptr<GlusterSession::Ear> ear_;
  std::shared_ptr<GlusterBricks> bricks_;  // of the thread that connects to them
  GlusterFolders folders_;
  std::atomic<std::uint64_t> files_from_bricks_{0};
  std::atomic<std::uint64_t> files_from_disk_{0};
};

}  // namespace bramble
