// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_volume.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/log.hh"
#include "volume/gluster_file.hh"
#include "volume/gluster_session.hh"
#include "volume/gluster_walk.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array kWaits = {seconds(1), seconds(2), seconds(4), seconds(8), seconds(15)};
constexpr milliseconds kPatience = seconds(2);  // for a connecting thread, at the end
constexpr int kWalksMax = 3;                    // a walk begins anew when its ground went away

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

}  // namespace

struct GlusterVolume::Connection {
  Connection(GlusterAddress a, const GlusterLibrary& l) : address(std::move(a)), library(l) {}

  const GlusterAddress address;
  const GlusterLibrary& library;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::shared_ptr<GlusterSession> session;  // set once
  Error trouble;                            // why there is none yet
  bool stopping = false;
  bool ended = false;  // the connecting thread
};

Result<std::unique_ptr<GlusterVolume>> GlusterVolume::create(const GlusterAddress& address) {
  return create(address, *TRY(load_gluster_library()));
}

std::unique_ptr<GlusterVolume> GlusterVolume::create(const GlusterAddress& address,
                                                     const GlusterLibrary& library) {
  return std::unique_ptr<GlusterVolume>(
      new GlusterVolume(std::make_shared<Connection>(address, library)));
}

GlusterVolume::GlusterVolume(std::shared_ptr<Connection> connection)
    : connection_(std::move(connection)) {
  connection_->trouble =
      Error{.code = ENOTCONN,
            .side = Side::kBackend,
            .retryable = true,
            .what = fmt::format("volume {} at {}: still connecting", connection_->address.volume,
                                connection_->address.host)};
  connecting_ = std::thread([shared = connection_] { connect(shared); });
}

GlusterVolume::~GlusterVolume() {
  std::unique_lock lock(connection_->mutex);
  connection_->stopping = true;
  connection_->changed.notify_all();
  const bool ended =
      connection_->changed.wait_for(lock, kPatience, [&] { return connection_->ended; });
  lock.unlock();
  ended ? connecting_.join() : connecting_.detach();
}

void GlusterVolume::connect(const std::shared_ptr<Connection>& connection) {
  const std::string name =
      fmt::format("volume {} at {}", connection->address.volume, connection->address.host);
  std::unique_lock lock(connection->mutex);
  for (std::size_t tries = 0; !connection->stopping; ++tries) {
    lock.unlock();
    auto session = GlusterSession::connect(connection->library, connection->address);
    lock.lock();
    if (session.ok()) {
      connection->session = *std::move(session);
      log::info("{}: connected", name);
      break;
    }
    const seconds wait = kWaits.at(std::min(tries, kWaits.size() - 1));
    if (session.error().what != connection->trouble.what)
      log::warning("{}; trying again until it answers", session.error().what);
    connection->trouble = std::move(session).error();
    connection->changed.wait_for(lock, wait, [&] { return connection->stopping; });
  }
  connection->ended = true;
  connection->changed.notify_all();
}

Result<std::shared_ptr<GlusterSession>> GlusterVolume::session() const {
  const std::lock_guard lock(connection_->mutex);
  if (connection_->session == nullptr) return connection_->trouble;
  return connection_->session;
}

std::optional<Error> GlusterVolume::trouble() const {
  const auto here = session();
  return here.ok() ? std::nullopt : std::optional(here.error());
}

Result<std::unique_ptr<VolumeFile>> GlusterVolume::open(std::string_view path) {
  const std::shared_ptr<GlusterSession> here = TRY(session());
  const std::string& folder = connection_->address.path;
  for (int walks = 1;; ++walks) {
    const auto step = [&](glfs_object_t* from, std::string_view names) {
      return walk(here->library(), here->volume(), from, names);
    };
    // The folder is walked to each time, as somebody may have put another in its place.
    Result<GlusterEntry> root = folder.empty() ? GlusterEntry{} : step(here->root(), folder);
    if (root.ok() && root->handle && !S_ISDIR(root->status.st_mode))
      return errno_error("the root of the site, " + folder, ENOTDIR);
    if (root.ok()) root = step(root->handle ? root->handle.get() : here->root(), path);
    if (root.ok()) return gluster_file(here, *std::move(root));
    if (root.error().code != ESTALE || walks == kWalksMax) return told(std::move(root).error());
  }
}

}  // namespace bramble
