// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_session.hh"

#include <fmt/format.h>

#include <cerrno>

namespace bramble {
namespace {

constexpr int kManagementPort = 24007;  // glusterd's
constexpr int kLogErrors = 4;           // gfapi's own levels: 3 critical, 4 error, 5 warning

Error unreachable(const GlusterAddress& address, const char* call) {
  Error error = errno_error(fmt::format("volume {} at {}: {}", address.volume, address.host, call));
  error.side = Side::kBackend;
  error.retryable = true;
  return error;
}

}  // namespace

Result<std::shared_ptr<GlusterSession>> GlusterSession::connect(const GlusterLibrary& library,
                                                                const GlusterAddress& address) {
  glfs_t* const volume = library.make(address.volume.c_str());
  if (volume == nullptr) return unreachable(address, "glfs_new");
  std::shared_ptr<GlusterSession> session(new GlusterSession(library, volume));
  if (library.set_volfile_server(volume, "tcp", address.host.c_str(), kManagementPort) != 0)
    return unreachable(address, "glfs_set_volfile_server");
  // "-": to stderr, and so to the journal; a service that is not root has no other place.
  if (library.set_logging(volume, "-", kLogErrors) != 0)
    return unreachable(address, "glfs_set_logging");
  errno = 0;
  if (library.init(volume) != 0) {
    if (errno == 0) errno = ENOTCONN;
    return unreachable(address, "glfs_init");
  }
  struct stat status = {};
  session->root_ =
      GlusterHandle(library, library.lookup(volume, nullptr, "/", &status, /*follow=*/0));
  if (!session->root_) return unreachable(address, "look up the root");
  return session;
}

GlusterSession::~GlusterSession() {
  if (!root_) (void)library_.fini(volume_);  // quick: there is no connection
}

}  // namespace bramble
