// SPDX-License-Identifier: Apache-2.0
#include "net/socket.hh"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace bramble {
namespace {

Result<UniqueFd> make_socket(const Address& address) {
  UniqueFd fd(::socket(address.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("socket for " + address.text());
  return fd;
}

Error bind_error(const Address& address, int code) {
  Error error = errno_error("bind " + address.text(), code);
  if (code == EADDRINUSE) error.what += ": another program listens there";
  if (code == EADDRNOTAVAIL) error.what += ": it is no address of this machine";
  if (code == EACCES) error.what += ": a port below 1024 needs root, or CAP_NET_BIND_SERVICE";
  return error;
}

void set_flag(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

}  // namespace

Result<UniqueFd> listen_on(const Address& address, const ListenOptions& options) {
  UniqueFd fd = TRY(make_socket(address));
  set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  if (options.share_port) set_flag(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  if (address.is_v6()) set_flag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  if (options.free_bind) set_flag(fd.get(), IPPROTO_IP, IP_FREEBIND);
  if (::bind(fd.get(), address.data(), address.size()) != 0) return bind_error(address, errno);
  if (::listen(fd.get(), options.backlog) != 0) return errno_error("listen " + address.text());
  return fd;
}

Result<void> check_free(const std::vector<Address>& wanted, const std::vector<Address>& ours) {
  for (const Address& address : wanted) {
    const bool is_ours = std::any_of(
        ours.begin(), ours.end(), [&](const Address& one) { return one.port() == address.port(); });
    if (address.port() != 0 && !is_ours) TRY(listen_on(address, {.share_port = false}));
  }
  return {};
}

Result<UniqueFd> connect_to(const Address& address) {
  UniqueFd fd = TRY(make_socket(address));
  set_no_delay(fd.get());
  if (::connect(fd.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS)
    return errno_error("connect " + address.text());
  return fd;
}

bool is_own_shortage(int code) {
  return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM || code == EAGAIN;
}

bool is_port_shortage(int code) { return code == EADDRNOTAVAIL; }

Result<UniqueFd> duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) return errno_error("dup");
  return copy;
}

Result<Address> local_address(int fd) {
  Address address;
  socklen_t size = Address::kSizeMax;
  if (::getsockname(fd, address.data(), &size) != 0) return errno_error("getsockname");
  return address;
}

void set_no_delay(int fd) { set_flag(fd, IPPROTO_TCP, TCP_NODELAY); }

void set_reset_on_close(int fd) {
  const linger now = {.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

std::uint64_t bytes_acknowledged(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_acked : 0;
}

std::uint64_t bytes_unsent(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_notsent_bytes : 0;
}

PathFacts path_facts(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  constexpr std::uint32_t kNotKnown = ~std::uint32_t{0};
  return {.shortest_round_trip =
              std::chrono::microseconds(info.tcpi_min_rtt != kNotKnown ? info.tcpi_min_rtt : 0),
          .segment_bytes = info.tcpi_advmss};
}

void limit_receive_window(int fd, std::uint64_t bytes) {
  const int value = static_cast<int>(std::min<std::uint64_t>(bytes, 1U << 30U));
  ::setsockopt(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, &value, sizeof value);
}

int take_socket_error(int fd) {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0) return errno;
  return code;
}

std::uint64_t raise_descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

void ignore_broken_pipes() { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace bramble
