// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_bricks.hh"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "base/clock.hh"
#include "base/unique_fd.hh"
#include "volume/gluster_file.hh"

namespace bramble {
namespace {

// A brick's own words for the way from its root to what is asked of. Asked for a way of more than
// PATH_MAX bytes, its own folder's among them, it overruns its stack (seen in 10.3's code).
constexpr const char* kPath = "glusterfs.ancestry.path";

std::string written(const sockaddr& address, socklen_t size) {
  std::array<char, NI_MAXHOST> text{};
  const int failed =
      ::getnameinfo(&address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? text.data() : "";
}

// What is sent to an address of one's own comes from it, or from the loopback. (That one may be
// bound to it proves nothing: net.ipv4.ip_nonlocal_bind.) Nothing is sent.
bool leads_here(const addrinfo& peer) {
  const UniqueFd socket(::socket(peer.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage from = {};
  auto* const any = reinterpret_cast<sockaddr*>(&from);
  socklen_t size = sizeof from;
  if (!socket || ::connect(socket.get(), peer.ai_addr, peer.ai_addrlen) != 0 ||
      ::getsockname(socket.get(), any, &size) != 0)
    return false;
  const std::string source = written(*any, size);
  return source.starts_with("127.") || source == "::1" ||
         (!source.empty() && source == written(*peer.ai_addr, peer.ai_addrlen));
}

bool is_here(const std::string& host) {
  const addrinfo hints{.ai_flags = 0,
                       .ai_family = AF_UNSPEC,
                       .ai_socktype = SOCK_DGRAM,
                       .ai_protocol = 0,
                       .ai_addrlen = 0,
                       .ai_addr = nullptr,
                       .ai_canonname = nullptr,
                       .ai_next = nullptr};
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), /*glusterd's=*/"24007", &hints, &found) != 0) return false;
  bool here = false;
  for (const addrinfo* at = found; at != nullptr && !here; at = at->ai_next) here = leads_here(*at);
  ::freeaddrinfo(found);
  return here;
}

}  // namespace

bool alike(const struct stat& one, const struct stat& other) {
  return one.st_size == other.st_size && one.st_mode == other.st_mode &&
         one.st_uid == other.st_uid && one.st_gid == other.st_gid &&
         one.st_nlink == other.st_nlink && same(one.st_mtim, other.st_mtim) &&
         same(one.st_ctim, other.st_ctim);
}

Result<std::unique_ptr<GlusterBricks>> GlusterBricks::of(const GlusterSession& volume) {
  std::unique_ptr<GlusterBricks> bricks(new GlusterBricks(volume.library()));
  bricks->volfile_ = volume.volfile();
  bricks->volfiles_ = TRY(brick_volfiles(bricks->volfile_));
  return bricks;
}

// One that was made is never unmade, so it is kept where the next fails.
Result<void> GlusterBricks::connect() {
  for (std::size_t i = sessions_.size(); i < volfiles_.size(); ++i)
    sessions_.push_back(TRY(GlusterSession::connect(library_, volfiles_[i])));
  for (std::size_t i = kBricks; i-- > 0;)
    if (is_here(volfiles_[i].host)) {
      nearest_ = i;
      nearest_is_here_ = true;
    }
  return {};
}

Result<void> GlusterBricks::listen(const std::shared_ptr<GlusterSession::Ear>& heard) {
  for (const std::shared_ptr<GlusterSession>& session : sessions_) TRY(session->listen(heard));
  return {};
}

bool GlusterBricks::are_those_of(const GlusterSession& volume) const {
  const std::string now = volume.volfile();
  if (now == volfile_) return true;
  const Result<std::vector<BrickVolfile>> of_now = brick_volfiles(now);
  return of_now.ok() && *of_now == volfiles_;
}

Result<std::vector<GlusterLink>> GlusterBricks::look_at_links() const {
  std::vector<GlusterLink> links;
  for (std::size_t i = 0; i < kBricks; ++i)
    links.push_back(TRY(look_at_link(*sessions_[i], volfiles_[i].name)));
  return links;
}

Result<DiskFolder> GlusterBricks::on_disk(const Gfid& folder, std::size_t depth,
                                          const DiskTime& asked) const {
  if (!nearest_is_here_) return errno_error("the nearest brick is elsewhere", ENOENT);
  if (volfiles_[nearest_].path.size() + (depth + 1) * (NAME_MAX + 1) > PATH_MAX)
    return errno_error(kPath, ENAMETOOLONG);
  const GlusterSession& session = *sessions_[nearest_];
  struct stat status = {};
  const GlusterHandle handle = session.look_up(folder, &status);
  if (!handle) return errno_error("look up a folder on a brick");
  std::array<char, PATH_MAX> path{};
  const int size =
      library_.get_attribute(session.volume(), handle.get(), kPath, path.data(), path.size());
  if (size < 0) return errno_error(kPath);
  return DiskFolder::open(volfiles_[nearest_].path, path.data(), asked);
}

Result<std::string> GlusterBricks::read(const Gfid& id, const struct stat& expected) const {
  const GlusterSession& session = *sessions_[nearest_];
  struct stat status = {};
  const GlusterHandle handle = session.look_up(id, &status);
  if (!handle) return errno_error("look up a file on a brick");
  if (!alike(status, expected)) return errno_error("read a file on a brick", ESTALE);
  const auto size = static_cast<std::size_t>(expected.st_size);
  std::string content = TRY(read_without_open(session, handle, size));
  if (library_.stat(session.volume(), handle.get(), &status) != 0)
    return errno_error("read the status of a file on a brick");
  if (content.size() != size || !alike(status, expected))
    return errno_error("read a file on a brick", ESTALE);
  return content;
}

}  // namespace bramble
