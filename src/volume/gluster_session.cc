// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_session.hh"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <mutex>
#include <utility>

#include "base/unique_fd.hh"

namespace bramble {
namespace {

constexpr int kManagementPort = 24007;  // glusterd's
constexpr int kLogErrors = 4;           // gfapi's own levels: 3 critical, 4 error, 5 warning

Error unreachable(const std::string& what) {
  Error error = errno_error(what);
  error.side = Side::kBackend;
  error.retryable = true;
  return error;
}

struct Listening {
  const GlusterLibrary& library;
  const std::weak_ptr<GlusterSession::Ear> heard;
};

// One to give to gfapi, whose threads may call it until the process ends: it is never destroyed.
Listening* everlasting(Listening one) {
  static std::mutex mutex;
  static auto& all = *new std::deque<Listening>;
  const std::lock_guard lock(mutex);
  return &all.emplace_back(std::move(one));
}

// On a thread of gfapi's. The objects of the event are its own, the event is ours to free.
void on_upcall(glfs_upcall_t* upcall, void* data) {
  const auto& [library, ear] = *static_cast<Listening*>(data);
  const auto heard = ear.lock();
  if (heard != nullptr && library.upcall_reason(upcall) == GLFS_UPCALL_INODE_INVALIDATE) {
    auto* const event = static_cast<glfs_upcall_inode_t*>(library.upcall_event(upcall));
    glfs_object_t* const itself = library.upcall_object(event);
    const bool written = (library.upcall_flags(event) & GFAPI_UP_SIZE) != 0;
    for (glfs_object_t* const object :
         {itself, library.upcall_parent(event), library.upcall_old_parent(event)}) {
      if (object == nullptr) continue;
      Gfid id;
      const auto size = static_cast<int>(id.bytes.size());
      if (library.extract_handle(object, id.bytes.data(), size) == size)
        (*heard)(id, object == itself && written);
    }
  }
  library.free(upcall);
}

}  // namespace

Result<std::shared_ptr<GlusterSession>> GlusterSession::connect(const GlusterLibrary& library,
                                                                const GlusterAddress& address) {
  const std::string who = fmt::format("volume {} at {}", address.volume, address.host);
  glfs_t* const volume = library.make(address.volume.c_str());
  if (volume == nullptr) return unreachable(who + ": glfs_new");
  std::shared_ptr<GlusterSession> session(new GlusterSession(library, volume));
  if (library.set_volfile_server(volume, "tcp", address.host.c_str(), kManagementPort) != 0)
    return unreachable(who + ": glfs_set_volfile_server");
  TRY(session->begin(who));
  return session;
}

Result<std::shared_ptr<GlusterSession>> GlusterSession::connect(const GlusterLibrary& library,
                                                                const BrickVolfile& brick) {
  const std::string who = fmt::format("brick {} at {}", brick.name, brick.host);
  // gfapi reads it from a file: one in memory.
  const UniqueFd text(::memfd_create(brick.name.c_str(), MFD_CLOEXEC));
  if (!text || ::write(text.get(), brick.text.data(), brick.text.size()) !=
                   static_cast<ssize_t>(brick.text.size()))
    return errno_error(who + ": memfd_create");
  glfs_t* const volume = library.make(brick.name.c_str());
  if (volume == nullptr) return unreachable(who + ": glfs_new");
  std::shared_ptr<GlusterSession> session(new GlusterSession(library, volume));
  const std::string path = fmt::format("/proc/self/fd/{}", text.get());
  if (library.set_volfile(volume, path.c_str()) != 0)
    return unreachable(who + ": glfs_set_volfile");
  TRY(session->begin(who));
  return session;
}

Result<void> GlusterSession::begin(const std::string& who) {
  // "-": to stderr, and so to the journal; a service that is not root has no other place.
  if (library_.set_logging(volume_, "-", kLogErrors) != 0)
    return unreachable(who + ": glfs_set_logging");
  errno = 0;
  if (library_.init(volume_) != 0) {
    if (errno == 0) errno = ENOTCONN;
    return unreachable(who + ": glfs_init");
  }
  struct stat status = {};
  GlusterHandle root(library_, library_.lookup(volume_, nullptr, "/", &status, /*follow=*/0));
  if (!root) return unreachable(who + ": look up the root");
  root_ = std::make_shared<GlusterInode>(std::move(root), status);
  return {};
}

// gfapi copies as many bytes as there is room for, however long it is (seen with 10.3): so it is
// asked how many lack where there is no room.
std::string GlusterSession::volfile() const {
  const ssize_t lacking = -library_.get_volfile(volume_, nullptr, 0);
  std::string text(static_cast<std::size_t>(std::max<ssize_t>(0, lacking)), '\0');
  const ssize_t size = library_.get_volfile(volume_, text.data(), text.size());
  return size == lacking ? text : "";
}

Result<void> GlusterSession::listen(const std::shared_ptr<Ear>& heard) {
  Listening* const here = everlasting({library_, heard});
  if (library_.register_upcalls(volume_, GLFS_EVENT_INODE_INVALIDATE, on_upcall, here) < 0)
    return errno_error("glfs_upcall_register");
  return {};
}

GlusterSession::~GlusterSession() {
  if (root_ == nullptr) (void)library_.fini(volume_);  // quick: there is no connection
}

}  // namespace bramble
