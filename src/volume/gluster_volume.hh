// SPDX-License-Identifier: Apache-2.0
// A GlusterFS volume through libgfapi.
//
//     create ──► connecting ──► connected        a thread of its own: tries at once, then after
//                  │     ▲       │      ▲        1, 2, 4, 8, 15, 15 … seconds, until it succeeds;
//                  └─────┘       └──────┘        once connected, GlusterFS reconnects by itself,
//               failed: wait    wait, probe      and each second the thread looks how it is
//
// Without a cache each open looks its names up on the bricks, and each read asks them: what is
// served is never older than the request. With one, see gluster_cache.hh; a second thread then
// looks at the connections to the bricks and at the folders in use, and a third one connects to the
// bricks themselves and lists folders, and a fourth one lets local copies go, as the disk may be
// slow. Needs the volume options stat-prefetch, quick-read and open-behind off; with them on,
// GlusterFS itself gives old content for up to a second.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "volume/gluster_address.hh"
#include "volume/gluster_cache.hh"
#include "volume/volume.hh"

namespace bramble {

struct GlusterLibrary;
class GlusterSession;

class GlusterVolume final : public Volume {
 public:
  struct Options {
    std::chrono::milliseconds probe_pause{1000};  // between two probes
    // So long a probe may take. A brick's death stops all names for two seconds or three, which is
    // no trouble yet: client.tcp-user-timeout is 2 s, and the survivors go on.
    std::chrono::milliseconds probe_patience{4000};
    std::optional<GlusterCacheOptions> cache;
    std::chrono::milliseconds links_pause{200};  // between two looks at the connections
  };

  // Loads libgfapi and returns; the volume need not be reachable yet.
  static Result<std::unique_ptr<GlusterVolume>> create(const GlusterAddress& address,
                                                       Options options);
  // The same with a library of the test's, which must outlive the volume, and its threads.
  static std::unique_ptr<GlusterVolume> create(const GlusterAddress& address,
                                               const GlusterLibrary& library, Options options);

  // Every open, read and file must have ended. The connection itself lasts as long as the process,
  // and so does the volume's thread where it hangs: end the process by _exit.
  ~GlusterVolume() override;

  Result<std::unique_ptr<VolumeFile>> open(std::string_view path) override;
  Result<FolderListing> list(std::string_view path, const ListingBounds& bounds) override;
  bool blocks() const override { return true; }
  Volume* at_hand() override;
  Volume* kept() override;
  std::optional<CacheFigures> cache_figures() const override;
  // Also where the last probe failed or has not come back: bricks are away, quorum is lost.
  std::optional<Error> trouble() const override;

 private:
  struct Connection;

  Result<std::shared_ptr<GlusterSession>> session() const;
  explicit GlusterVolume(std::shared_ptr<Connection> connection);

  std::shared_ptr<Connection> connection_;  // shared with the threads
  std::unique_ptr<Volume> at_hand_;
  std::unique_ptr<Volume> kept_;
  std::thread thread_;
  std::thread watch_;   // of the connections, where there is a cache
  std::thread bricks_;  // lists folders; the same
  std::thread disk_;    // lets copies go; the same
};

}  // namespace bramble
