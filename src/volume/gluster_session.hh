// SPDX-License-Identifier: Apache-2.0
// A connection to a GlusterFS volume: made once, and used by many threads at once.
#pragma once

#include <memory>
#include <string>

#include "base/result.hh"
#include "volume/gluster_address.hh"
#include "volume/gluster_library.hh"

namespace bramble {

class GlusterSession {
 public:
  // Blocks until the volume answers, or GlusterFS gives up: after minutes, where the host is
  // silent. The library must outlive the session.
  static Result<std::shared_ptr<GlusterSession>> connect(const GlusterLibrary& library,
                                                         const GlusterAddress& address);
  // A connection that was made lasts as long as the process does. To end one in order takes gfapi
  // ten seconds (seen with 10.3), and bricks miss nothing: they let go with the socket.
  ~GlusterSession();
  GlusterSession(const GlusterSession&) = delete;
  GlusterSession& operator=(const GlusterSession&) = delete;

  const GlusterLibrary& library() const { return library_; }
  glfs_t* volume() const { return volume_; }
  glfs_object_t* root() const { return root_.get(); }  // of the volume, whatever the address' path

 private:
  GlusterSession(const GlusterLibrary& library, glfs_t* volume)
      : library_(library), volume_(volume) {}

  const GlusterLibrary& library_;
  glfs_t* volume_;
  GlusterHandle root_;
};

}  // namespace bramble
