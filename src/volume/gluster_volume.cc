// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_volume.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.hh"
#include "base/log.hh"
#include "base/text.hh"
#include "volume/gluster_file.hh"
#include "volume/gluster_links.hh"
#include "volume/gluster_listing.hh"
#include "volume/gluster_session.hh"
#include "volume/gluster_walk.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lock = std::unique_lock<std::mutex>;

const SystemClock kClock;

constexpr std::array kWaits = {seconds(1), seconds(2), seconds(4), seconds(8), seconds(15)};
constexpr milliseconds kPatience = seconds(2);   // for the volume's thread, at the end
constexpr int kWalksMax = 3;                     // a walk begins anew when its ground went away
constexpr const char* kProbedName = ".bramble";  // of a whole volume; there or not
constexpr const char* kWrittenName = ".bramble/heartbeat";  // by the nodes' vitals, now and then
constexpr int kWrittenNamesMax = 8;  // of several sets of bricks: "-2" behind it, and so on
constexpr seconds kAwaitEvery{10};
constexpr milliseconds kListPause{200};  // so long the end of a volume may wait for that thread

// What a visitor may be told of a name; anything else is the volume's own trouble.
bool speaks_of_the_name(int code) {
  return code == ENOENT || code == ENOTDIR || code == EACCES || code == ELOOP ||
         code == ENAMETOOLONG;
}

Error told(Error error) {
  if (error.code == EPERM) error.code = EACCES;
  if (speaks_of_the_name(error.code)) return error;
  error.side = Side::kBackend;
  error.retryable = true;
  return error;
}

Result<GlusterEntry> walk_once(const GlusterSession& session, const std::string& folder,
                               std::string_view path) {
  const GlusterGround ground{.library = session.library(), .volume = session.volume()};
  // The folder is walked to each time, as somebody may have put another in its place.
  if (folder.empty()) return walk(ground, session.root(), path);
  const GlusterEntry root = TRY(walk(ground, session.root(), folder));
  if (!root.inode->folder) return errno_error("the root of the site, " + folder, ENOTDIR);
  return walk(ground, root.inode, path);
}

Result<GlusterEntry> walk_to(const GlusterSession& session, const std::string& folder,
                             std::string_view path) {
  for (int walks = 1;; ++walks) {
    Result<GlusterEntry> found = walk_once(session, folder, path);
    if (found.ok() || found.error().code != ESTALE || walks == kWalksMax) return found;
  }
}

// Asks for what an open and a read need. A name is looked up on every brick, and waits for each as
// an open does; that there is none is an answer, too. The status of the root is a read of a brick,
// which is refused without quorum. (A lookup of "/" would not do: gfapi hides its failure.)
Result<void> probe(const GlusterSession& session, const std::string& folder) {
  const auto found = walk_to(session, "", folder.empty() ? kProbedName : folder);
  if (!found.ok() && !speaks_of_the_name(told(found.error()).code)) return found.error();
  struct stat status = {};
  if (session.library().stat(session.volume(), session.root()->handle.get(), &status) != 0)
    return errno_error("read the status of the root");
  return {};
}

}  // namespace

struct GlusterVolume::Connection {
  Connection(GlusterAddress a, const GlusterLibrary& l, Options o)
      : address(std::move(a)),
        library(l),
        options(o),
        name(fmt::format("volume {} at {}", address.volume, address.host)),
        trouble(error(ENOTCONN, "still connecting")) {}

  const GlusterAddress address;
  const GlusterLibrary& library;
  const Options options;
  const std::string name;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::shared_ptr<GlusterSession> session;  // set once
  std::unique_ptr<GlusterCache> cache;      // the same, where there is to be one
  std::atomic<GlusterCache*> cache_at_hand{nullptr};
  std::vector<GlusterLink> links;  // as seen last
  const std::shared_ptr<ByteBudget> unkept = std::make_shared<ByteBudget>(kUnkeptBytes);
  std::optional<Error> trouble;    // why there is none yet, or what the last probe told
  std::optional<Monotonic> asked;  // when the probe began that is under way
  bool stopping = false;
  int running = 0;  // threads

  Error error(int code, std::string_view what) const {
    return {.code = code,
            .side = Side::kBackend,
            .retryable = true,
            .what = fmt::format("{}: {}", name, what)};
  }

  // The threads. They unlock where they ask the volume.
  void run();
  void run_watch();
  void run_bricks();
  void run_disk();
  void connect(Lock& lock);
  void watch(Lock& lock);
  void watch_links(Lock& lock);
  bool connect_bricks(Lock& lock);
  void end() {
    --running;
    changed.notify_all();
  }
  void wait(Lock& lock, milliseconds time) {
    changed.wait_for(lock, time, [this] { return stopping; });
  }
};

void GlusterVolume::Connection::run() {
  Lock lock(mutex);
  connect(lock);
  watch(lock);
  end();
}

void GlusterVolume::Connection::run_watch() {
  Lock lock(mutex);
  changed.wait(lock, [this] { return stopping || cache != nullptr; });
  watch_links(lock);
  end();
}

void GlusterVolume::Connection::connect(Lock& lock) {
  for (std::size_t tries = 0; !stopping && session == nullptr; ++tries) {
    lock.unlock();
    auto made = GlusterSession::connect(library, address);
    lock.lock();
    if (made.ok()) {
      session = *std::move(made);
      if (options.cache)
        cache = std::make_unique<GlusterCache>(session, address.path, *options.cache, kClock);
      cache_at_hand = cache.get();
      changed.notify_all();
      trouble.reset();
      return log::info("{}: connected", name);
    }
    if (made.error().what != trouble->what)
      log::warning("{}; trying again until it answers", made.error().what);
    trouble = std::move(made).error();
    wait(lock, kWaits.at(std::min(tries, kWaits.size() - 1)));
  }
}

void GlusterVolume::Connection::watch(Lock& lock) {
  for (wait(lock, options.probe_pause); !stopping; wait(lock, options.probe_pause)) {
    asked = SystemClock().now();
    lock.unlock();
    const Result<void> probed = probe(*session, address.path);
    lock.lock();
    asked.reset();
    std::optional<Error> now;
    if (!probed.ok()) now = error(probed.error().code, probed.error().what);
    if (now && (!trouble || trouble->what != now->what)) log::warning("{}", now->what);
    if (!now && trouble) log::info("{}: answers again", name);
    trouble = std::move(now);
  }
}

// What is kept is trusted only while the connections hold, and while they can be looked at.
void GlusterVolume::Connection::watch_links(Lock& lock) {
  bool told = false;
  std::optional<Monotonic> awaited;
  std::vector<GlusterLink> to_bricks;
  for (; !stopping; wait(lock, options.links_pause)) {
    lock.unlock();
    const Result<std::vector<GlusterLink>> now = look_at_links(*session, address.volume);
    std::vector<GlusterLink> to_bricks_now = cache->look_at_bricks();
    if (now.ok()) {
      cache->links_seen(links_held(links, *now) && links_held(to_bricks, to_bricks_now));
      to_bricks = std::move(to_bricks_now);
    }
    if (!now.ok() && !std::exchange(told, true))
      log::warning(
          "{}: each use of the cache asks the volume, as its connections cannot be seen: {}", name,
          now.error().what);
    cache->verify_folders();
    if (!awaited || kClock.now() - *awaited > kAwaitEvery) {
      std::vector<std::string> written = {kWrittenName};
      while (written.size() < kWrittenNamesMax)
        written.push_back(fmt::format("{}-{}", kWrittenName, written.size() + 1));
      cache->await_event(written);
      awaited = kClock.now();
    }
    lock.lock();
    if (now.ok()) links = *now;
  }
}

// Where the connections to the bricks cannot be had, all is asked of the volume.
void GlusterVolume::Connection::run_bricks() {
  Lock lock(mutex);
  changed.wait(lock, [this] { return stopping || cache != nullptr; });
  if (connect_bricks(lock))
    while (!stopping) {
      lock.unlock();
      cache->list_folders(kListPause);
      lock.lock();
    }
  end();
}

// Apart from all who wait for bricks, and from the thread that all hits wait for.
void GlusterVolume::Connection::run_disk() {
  Lock lock(mutex);
  changed.wait(lock, [this] { return stopping || cache != nullptr; });
  for (; !stopping; wait(lock, options.links_pause)) {
    lock.unlock();
    cache->let_go_copies();
    lock.lock();
  }
  end();
}

bool GlusterVolume::Connection::connect_bricks(Lock& lock) {
  for (std::size_t tries = 0; !stopping; ++tries) {
    lock.unlock();
    const Result<void> connected = cache->connect_bricks();
    lock.lock();
    if (connected.ok()) return true;
    if (connected.error().code == ENOTSUP) {
      log::info("{}: its bricks are not asked themselves: {}", name, connected.error().what);
      return false;
    }
    wait(lock, kWaits.at(std::min(tries, kWaits.size() - 1)));
  }
  return false;
}

// The files of the cache, by one of its ways to open them that do not block.
class GlusterVolumeInCache : public Volume {
 public:
  using Open = Result<std::unique_ptr<VolumeFile>> (GlusterCache::*)(std::string_view);
  GlusterVolumeInCache(const std::atomic<GlusterCache*>& cache, Open way)
      : cache_(cache), open_(way) {}
  Result<std::unique_ptr<VolumeFile>> open(std::string_view path) override {
    GlusterCache* const cache = cache_;
    if (cache == nullptr) return Error{.code = EAGAIN, .what = {}};
    return (cache->*open_)(path);
  }
  Result<FolderListing> list(std::string_view, const ListingBounds&) override {
    return Error{.code = EAGAIN, .what = {}};
  }
  bool blocks() const override { return false; }

 protected:
  const std::atomic<GlusterCache*>& cache_;

 private:
  const Open open_;
};

class GlusterVolumeAtHand final : public GlusterVolumeInCache {
 public:
  explicit GlusterVolumeAtHand(const std::atomic<GlusterCache*>& cache)
      : GlusterVolumeInCache(cache, &GlusterCache::open_at_hand) {}
  Result<std::unique_ptr<VolumeFile>> open_beside(const VolumeFile& file, std::string_view path,
                                                  std::string_view ending) override {
    return cache_.load()->open_beside_at_hand(file, path, ending);  // the file is of it
  }
};

Volume* GlusterVolume::at_hand() { return at_hand_.get(); }

Volume* GlusterVolume::kept() { return kept_.get(); }

std::optional<CacheFigures> GlusterVolume::cache_figures() const {
  const GlusterCache* const cache = connection_->cache_at_hand;
  if (cache == nullptr) return std::nullopt;
  CacheFigures figures = cache->figures();
  const Lock lock(connection_->mutex);
  figures.bricks = connection_->links.size();
  for (const GlusterLink& link : connection_->links) figures.bricks_connected += link.connected;
  return figures;
}

Result<std::unique_ptr<GlusterVolume>> GlusterVolume::create(const GlusterAddress& address,
                                                             Options options) {
  return create(address, *TRY(load_gluster_library()), std::move(options));
}

std::unique_ptr<GlusterVolume> GlusterVolume::create(const GlusterAddress& address,
                                                     const GlusterLibrary& library,
                                                     Options options) {
  return std::unique_ptr<GlusterVolume>(
      new GlusterVolume(std::make_shared<Connection>(address, library, std::move(options))));
}

GlusterVolume::GlusterVolume(std::shared_ptr<Connection> connection)
    : connection_(std::move(connection)) {
  const bool cached = connection_->options.cache.has_value();
  connection_->running = cached ? 4 : 1;
  thread_ = std::thread([shared = connection_] { shared->run(); });
  if (!cached) return;
  at_hand_ = std::make_unique<GlusterVolumeAtHand>(connection_->cache_at_hand);
  kept_ =
      std::make_unique<GlusterVolumeInCache>(connection_->cache_at_hand, &GlusterCache::open_kept);
  watch_ = std::thread([shared = connection_] { shared->run_watch(); });
  bricks_ = std::thread([shared = connection_] { shared->run_bricks(); });
  disk_ = std::thread([shared = connection_] { shared->run_disk(); });
}

GlusterVolume::~GlusterVolume() {
  Lock lock(connection_->mutex);
  connection_->stopping = true;
  connection_->changed.notify_all();
  const bool ended =
      connection_->changed.wait_for(lock, kPatience, [&] { return connection_->running == 0; });
  lock.unlock();
  for (std::thread* const thread : {&thread_, &watch_, &bricks_, &disk_})
    if (thread->joinable()) ended ? thread->join() : thread->detach();
}

std::optional<Error> GlusterVolume::trouble() const {
  const Connection& here = *connection_;
  const Lock lock(here.mutex);
  if (!here.asked) return here.trouble;
  const auto silence = SystemClock().now() - *here.asked;
  if (silence < here.options.probe_patience) return here.trouble;
  return here.error(ETIMEDOUT, "has not answered for " + human_duration(silence));
}

// Nothing until the volume was reached.
Result<std::shared_ptr<GlusterSession>> GlusterVolume::session() const {
  const Lock lock(connection_->mutex);
  if (connection_->session == nullptr) return *connection_->trouble;
  return connection_->session;
}

Result<std::unique_ptr<VolumeFile>> GlusterVolume::open(std::string_view path) {
  std::shared_ptr<GlusterSession> session = TRY(this->session());
  if (connection_->cache != nullptr) {
    auto opened = connection_->cache->open(path);
    if (!opened.ok()) return told(std::move(opened).error());
    return opened;
  }
  Result<GlusterEntry> found = walk_to(*session, connection_->address.path, path);
  if (!found.ok()) return told(std::move(found).error());
  return gluster_file(std::move(session), *std::move(found), connection_->unkept);
}

Result<FolderListing> GlusterVolume::list(std::string_view path, const ListingBounds& bounds) {
  const std::shared_ptr<GlusterSession> session = TRY(this->session());
  const Result<GlusterEntry> found = walk_to(*session, connection_->address.path, path);
  if (!found.ok()) return told(found.error());
  if (!found->inode->folder) return errno_error("list " + std::string(path), ENOTDIR);
  Result<FolderListing> listing =
      list_folder(session->library(), session->volume(), found->inode->handle.get(), bounds);
  if (!listing.ok()) return told(std::move(listing).error());
  return listing;
}

}  // namespace bramble
