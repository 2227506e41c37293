// SPDX-License-Identifier: Apache-2.0
// A GlusterFS volume through libgfapi.
//
//     create ──► connecting ──► connected        a thread of its own: tries at once, then after
//                  │     ▲                       1, 2, 4, 8, 15, 15 … seconds, until it succeeds;
//                  └─────┘ failed: wait          once connected, GlusterFS reconnects by itself
//
// Each open looks its names up on the bricks, and each read asks them: what is served is never
// older than the request. Needs the volume options stat-prefetch, quick-read and open-behind off;
// with them on, GlusterFS itself gives old content for up to a second.
#pragma once

#include <memory>
#include <thread>

#include "volume/gluster_address.hh"
#include "volume/volume.hh"

namespace bramble {

struct GlusterLibrary;
class GlusterSession;

class GlusterVolume final : public Volume {
 public:
  // Loads libgfapi and returns; the volume need not be reachable yet.
  static Result<std::unique_ptr<GlusterVolume>> create(const GlusterAddress& address);
  // The same with a library of the test's, which must outlive the volume.
  static std::unique_ptr<GlusterVolume> create(const GlusterAddress& address,
                                               const GlusterLibrary& library);

  // Every open, read and file must have ended. The connection itself lasts as long as the process,
  // and so does the connecting thread where it hangs: end the process by _exit.
  ~GlusterVolume() override;

  Result<std::unique_ptr<VolumeFile>> open(std::string_view path) override;
  bool blocks() const override { return true; }
  std::optional<Error> trouble() const override;

 private:
  struct Connection;

  explicit GlusterVolume(std::shared_ptr<Connection> connection);
  static void connect(const std::shared_ptr<Connection>& connection);
  Result<std::shared_ptr<GlusterSession>> session() const;

  std::shared_ptr<Connection> connection_;  // shared with the connecting thread
  std::thread connecting_;
};

}  // namespace bramble
