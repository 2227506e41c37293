// SPDX-License-Identifier: Apache-2.0
// A connection to a GlusterFS volume, or to one of its bricks alone: made once, and used by many
// threads at once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hh"
#include "volume/gluster_address.hh"
#include "volume/gluster_inode.hh"
#include "volume/gluster_library.hh"
#include "volume/gluster_volfile.hh"

namespace bramble {

class GlusterSession {
 public:
  // What was changed; and whether its bytes may have been.
  using Ear = std::function<void(const Gfid&, bool written)>;

  // Blocks until the volume answers, or GlusterFS gives up: after minutes, where the host is
  // silent. The library must outlive the session.
  static Result<std::shared_ptr<GlusterSession>> connect(const GlusterLibrary& library,
                                                         const GlusterAddress& address);
  static Result<std::shared_ptr<GlusterSession>> connect(const GlusterLibrary& library,
                                                         const BrickVolfile& brick);
  // A connection that was made lasts as long as the process does. To end one in order takes gfapi
  // ten seconds (seen with 10.3), and bricks miss nothing: they let go with the socket.
  ~GlusterSession();
  GlusterSession(const GlusterSession&) = delete;
  GlusterSession& operator=(const GlusterSession&) = delete;

  const GlusterLibrary& library() const { return library_; }
  glfs_t* volume() const { return volume_; }
  const InodePointer& root() const { return root_; }  // of the volume, whatever the address' path

  // As the volume is now; "": it changes just now. Does not block on the network.
  std::string volfile() const;

  // What has this gfid; an empty handle, and errno, where there is nothing. Blocks.
  GlusterHandle look_up(Gfid id, struct stat* status) const {
    return {library_, library_.create_from_handle(volume_, id.bytes.data(),
                                                  static_cast<int>(id.bytes.size()), status)};
  }

  // From now on, bricks that know that we look at an inode tell of its changes; the call may come
  // on any thread, and comes no more once nothing holds `heard`. Only once a session.
  Result<void> listen(const std::shared_ptr<Ear>& heard);

 private:
  GlusterSession(const GlusterLibrary& library, glfs_t* volume)
      : library_(library), volume_(volume) {}
  Result<void> begin(const std::string& who);

  const GlusterLibrary& library_;
  glfs_t* volume_;
  InodePointer root_;
};

}  // namespace bramble
