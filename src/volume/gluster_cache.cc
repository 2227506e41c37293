// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_cache.hh"

#include <algorithm>
#include <cerrno>

#include "base/log.hh"
#include "base/prefetch.hh"
#include "volume/cached_file.hh"
#include "volume/gluster_cache_parts.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Lock = std::unique_lock<std::mutex>;

constexpr milliseconds kLinksTrust{1000};
constexpr milliseconds kFlightTrust{100};  // the others take what is no older
constexpr milliseconds kFlightPatience{800};
constexpr milliseconds kVerifyAhead{400};  // folders in use are asked after so long
constexpr milliseconds kVerifyTime{200};   // at a time, of all of them together

}  // namespace

GlusterCache::GlusterCache(std::shared_ptr<GlusterSession> session, std::string folder,
                           GlusterCacheOptions options, const Clock& clock)
    : session_(std::move(session)),
      folder_(std::move(folder)),
      options_(std::move(options)),
      clock_(clock),
      heard_(std::make_shared<Heard>(session_->library(), clock_)),
      copies_(options_.copy_folder, options_.copy_bytes, options_.copies_max),
      folders_(heard_->inodes, generation_,
               {.patience = options_.listing_patience, .bricks_at_once = options_.bricks_at_once},
               clock_) {
  for (std::unique_ptr<Part>& part : parts_)
    part = std::make_unique<Part>(options_.memory_bytes / kParts);
  ear_ = std::make_shared<GlusterSession::Ear>([heard = heard_](const Gfid& id, bool written) {
    heard->any.store(true, std::memory_order_relaxed);
    heard->count.fetch_add(1, std::memory_order_relaxed);
    heard->inodes.changed(id, written);
  });
  if (const Result<void> listening = session_->listen(ear_); !listening.ok())
    log::warning("changes are seen a second late: {}", listening.error().what);
}

GlusterCache::~GlusterCache() = default;

GlusterGround GlusterCache::ground() {
  return {.library = session_->library(),
          .volume = session_->volume(),
          .inodes = &heard_->inodes,
          .clock = &clock_};
}

GlusterCache::Part& GlusterCache::part_of(std::string_view path) {
  // By other bits than those that a part finds its names by.
  return *parts_[(std::hash<std::string_view>()(path) >> 48) % kParts];
}

nanoseconds GlusterCache::content_trust() const {
  return heard_->any.load(std::memory_order_relaxed) ? options_.content_trust
                                                     : options_.names_trust;
}

// Nothing is known that speaks against it.
bool GlusterCache::unchanged(const Name& name) const {
  return name.generation == generation_.load(std::memory_order_acquire) && name.unchanged();
}

// Else a connection may have been lost that nobody knows of.
bool GlusterCache::links_watched(Monotonic now) const {
  const Monotonic seen{Monotonic::duration(links_seen_.load(std::memory_order_acquire))};
  return now - seen < kLinksTrust;
}

// Lingering: or its folders are just being listed anew.
bool GlusterCache::fresh(const Name& name, Monotonic now, bool lingering) const {
  // What a name leads to lies anywhere, and is waited for at once instead of one by one.
  prefetch(name.relied.data(), 1);
  prefetch(name.file.get(), sizeof *name.file);
  prefetch(name.content.get(), sizeof *name.content);
  if (!links_watched(now) || name.generation != generation_.load(std::memory_order_acquire) ||
      name.content_changed())
    return false;
  for (const Reliance& on : name.relied) {
    const Freshness& folder = on.folder->freshness;
    if (folder.epoch() != on.epoch && !(lingering && folder.lingers(on.epoch, now))) return false;
    if (!folder.verified(now, options_.names_trust)) return false;
    if (!on.folder->used.load(std::memory_order_relaxed)) on.folder->used = true;
  }
  return name.file == nullptr || name.file->freshness.verified(now, content_trust());
}

// nullptr: the volume has to be asked.
GlusterCache::NamePointer GlusterCache::find_at_hand(std::string_view path) {
  const Monotonic now = clock_.now();  // first: behind it, nothing is read ahead
  Part& part = part_of(path);
  const std::lock_guard lock(part.mutex);
  const NamePointer* const kept = part.names.find(path);
  if (kept == nullptr || !fresh(**kept, now, /*lingering=*/true)) return nullptr;
  ++part.hits;
  return *kept;
}

Result<std::unique_ptr<VolumeFile>> GlusterCache::open_at_hand(std::string_view path) {
  const NamePointer name = find_at_hand(path);
  if (name == nullptr) return Error{.code = EAGAIN, .what = {}};
  return give(name, /*may_wait=*/false);
}

Result<std::unique_ptr<VolumeFile>> GlusterCache::open_beside_at_hand(const VolumeFile& file,
                                                                      std::string_view path,
                                                                      std::string_view ending) {
  const NamePointer name = find_at_hand(std::string(path).append(".").append(ending));
  if (name == nullptr) return Error{.code = EAGAIN, .what = {}};
  if (const auto* const beside = static_cast<const Name*>(file.nothing_beside());
      beside != nullptr && name->code == ENOENT && name->stands_on(*beside))
    beside->learn(ending);
  return give(name, /*may_wait=*/false);
}

Result<std::unique_ptr<VolumeFile>> GlusterCache::open_kept(std::string_view path) {
  const bool too_late = hangs();
  NamePointer name;
  {
    Part& part = part_of(path);
    const std::lock_guard lock(part.mutex);
    const NamePointer* const kept = part.names.find(path);
    const bool good = kept != nullptr && fresh(**kept, clock_.now());
    if (!good && (kept == nullptr || !too_late || !(*kept)->unchanged()))
      return Error{.code = EAGAIN, .what = {}};
    ++(good ? part.hits : part.stale_hits);
    name = *kept;
  }
  return give(name, /*may_wait=*/false);
}

// Some fetch has not come back for so long that nobody waits for it any more.
bool GlusterCache::hangs() const {
  const Monotonic now = clock_.now();
  return std::any_of(parts_.begin(), parts_.end(), [now](const std::unique_ptr<Part>& part) {
    const std::lock_guard lock(part->mutex);
    return std::any_of(part->flights.begin(), part->flights.end(), [now](const auto& flight) {
      return now - flight.second->began >= kFlightPatience;
    });
  });
}

Result<std::unique_ptr<VolumeFile>> GlusterCache::open(std::string_view path) {
  return give(TRY(look_up(path)), /*may_wait=*/true);
}

// Of those who wait, all take what was asked for after they came; so however many they are, and
// whatever comes of it, at most two fetches are waited for.
Result<GlusterCache::NamePointer> GlusterCache::look_up(std::string_view path) {
  const Monotonic came = clock_.now();
  Part& part = part_of(path);
  Lock lock(part.mutex);
  for (;;) {
    const NamePointer* const found = part.names.find(path);
    const NamePointer kept = found != nullptr ? *found : nullptr;
    if (kept != nullptr && fresh(*kept, clock_.now())) return kept;
    const auto under_way = part.flights.find(path);
    if (under_way == part.flights.end()) return fly(lock, part, path, kept);
    const std::shared_ptr<Flight> flight = under_way->second;
    part.landed.wait(lock, [&] { return flight->landed; });
    if (flight->began > came || clock_.now() - flight->began < kFlightTrust) return flight->outcome;
  }
}

// Fetches it for all who ask meanwhile.
Result<GlusterCache::NamePointer> GlusterCache::fly(Lock& lock, Part& part, std::string_view path,
                                                    const NamePointer& kept) {
  ++part.misses;
  std::vector<NamePointer> gone;
  const auto flight = std::make_shared<Flight>(clock_.now());
  const auto place = part.flights.emplace(path, flight).first;
  lock.unlock();
  flight->outcome = fetch(place->first, kept);
  lock.lock();
  if (!flight->outcome.ok()) {
    if (kept != nullptr && !kept->known_to_be_old() && flight->outcome.error().code != ESTALE) {
      ++part.stale_hits;
      flight->outcome = kept;
    }
  } else if (!(*flight->outcome)->lasting || !(*flight->outcome)->kept) {
    // What is kept may be all there is soon, and is as good as what was found on old ground.
    if (!(*flight->outcome)->on_old_ground) gone = part.names.erase(path);
  } else if (*flight->outcome != kept) {
    gone = part.names.put(path, *flight->outcome, (*flight->outcome)->bytes(path));
  }
  part.flights.erase(place);
  flight->landed = true;
  part.landed.notify_all();
  lock.unlock();  // before what has gone is let go, with its handles
  return flight->outcome;
}

Result<std::unique_ptr<VolumeFile>> GlusterCache::give(const NamePointer& name, bool may_wait) {
  if (name->code != 0) return open_error(name->code);
  if (name->file == nullptr || name->content->whole)
    return file_in_memory({name, name->content.get()}, name.get());
  const CopiedContent of = {.id = name->file->id.text(),
                            .stamp = name->content->stamp,
                            .edition = name->content->status.edition};
  return large_file({.session = session_,
                     .inode = name->file,
                     .content = name->content,
                     .copy = may_wait ? copies_.find_or_make(of, name->file) : copies_.find(of),
                     .unkept = unkept_,
                     .may_wait = may_wait});
}

void GlusterCache::await_event(const std::vector<std::string>& paths) {
  if (heard_->any) return;
  std::vector<InodePointer> found;
  for (const std::string& path : paths)
    if (InodePointer file = walk_on(ground(), {.folders = {session_->root()}}, path).file)
      found.push_back(std::move(file));
  awaited_ = std::move(found);
}

void GlusterCache::links_seen(bool held) {
  if (!held) {
    ++distrusted_;
    generation_.store(Freshness::next_change(), std::memory_order_release);
  }
  links_seen_.store(clock_.now().time_since_epoch().count(), std::memory_order_release);
}

// Whoever calls this has the connections to look at, too, and all hits wait for that: it may not
// take longer the more folders there are.
void GlusterCache::verify_folders() {
  folders_.drop_unused();
  if (unasked_.empty()) unasked_ = heard_->inodes.folders();
  for (const Monotonic began = clock_.now();
       !unasked_.empty() && clock_.now() - began < kVerifyTime; unasked_.pop_back())
    if (const InodePointer& folder = unasked_.back(); folder->used.exchange(false)) {
      const std::uint64_t epoch = folder->freshness.epoch();
      const bool listed = folders_.names_in_use(folder->id);
      (void)verify(*folder, kVerifyAhead, listed ? options_.names_trust : nanoseconds(0));
      if (listed && folder->freshness.epoch() != epoch) folders_.list_anew(folder);
    }
}

CacheFigures GlusterCache::figures() const {
  CacheFigures figures{.events = heard_->count, .distrusted = distrusted_};
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard lock(part->mutex);
    figures.hits += part->hits;
    figures.misses += part->misses;
    figures.stale_hits += part->stale_hits;
    figures.names += part->names.size();
    figures.memory_bytes += part->names.bytes();
  }
  figures.listings = folders_.listings();
  figures.listed_names = folders_.entries();
  figures.files_from_bricks = files_from_bricks_;
  figures.files_from_disk = files_from_disk_;
  const LocalCopies::Figures copies = copies_.figures();
  figures.copies = copies.copies;
  figures.copy_bytes = copies.bytes;
  return figures;
}

}  // namespace bramble
