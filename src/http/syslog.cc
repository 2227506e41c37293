// SPDX-License-Identifier: Apache-2.0
#include "http/syslog.hh"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace bramble::http {
namespace {

// "Nov 23 08:45:22", in the machine's own time zone, as the daemon expects it.
std::string prefix_now() {
  const time_t now = ::time(nullptr);
  tm parts = {};
  ::localtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t size = ::strftime(text.data(), text.size(), "%b %e %H:%M:%S", &parts);
  return "<30>" + std::string(text.data(), size) + " bramble: ";
}

}  // namespace

Result<UniqueFd> connect_syslog(const std::string& path) {
  sockaddr_un address = {};
  if (path.size() >= sizeof address.sun_path)
    return failure("syslog at " + path + ": the path is too long for a socket");
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("socket");
  const timeval limit = {.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errno_error("connect to syslog at " + path);
  return fd;
}

SyslogSent send_to_syslog(int fd, std::string_view lines) {
  const std::string prefix = prefix_now();
  std::string datagram;
  SyslogSent sent;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    datagram.assign(prefix).append(lines.substr(0, end));
    const bool taken = ::send(fd, datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0;
    if (!taken && errno == EINTR) continue;
    if (!taken && errno != EMSGSIZE) break;
    if (!taken) sent.too_long_bytes += end;
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  sent.rest = lines;
  return sent;
}

}  // namespace bramble::http
