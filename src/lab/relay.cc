// SPDX-License-Identifier: Apache-2.0
#include "lab/relay.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "lab/inside.hh"

namespace bramble::lab {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;
constexpr int kBacklog = 128;
constexpr int kConnectionsMax = 512;

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

// From one descriptor to another until either end is done with it.
void pump(int from, int to) {
  std::vector<char> piece(kPieceBytes);
  for (;;) {
    const ssize_t got = ::read(from, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || !write_all(to, piece.data(), static_cast<std::size_t>(got))) break;
  }
  ::shutdown(to, SHUT_WR);
  ::shutdown(from, SHUT_RD);
}

Result<UniqueFd> listen_on(const std::string& address, std::uint16_t port) {
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("socket");
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(fd.get(), kBacklog) != 0)
    return errno_error("listen on " + address + ':' + std::to_string(port));
  return fd;
}

std::atomic<int>& open_connections() {
  static std::atomic<int> count = 0;
  return count;
}

// The calling thread stays in the namespace that the door leads from.
Result<UniqueFd> connect_through(const Place& place, const Door& door) {
  const bool within = door.reach == Reach::kFromWithin;
  TRY(enter(place, within ? kBalancerHost : kOperator));
  return connect_to(
      {.address = within ? "127.0.0.1" : find_host(kBalancerHost)->address, .port = door.port});
}

void serve(UniqueFd visitor, const Place& place, const Door& door) {
  if (Result<UniqueFd> host = connect_through(place, door); host.ok())
    relay(std::move(visitor), std::move(*host));
  --open_connections();
}

void admit(int listener, const Place& place, const Door& door) {
  UniqueFd visitor(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!visitor || open_connections() >= kConnectionsMax) return;
  ++open_connections();
  std::thread(serve, std::move(visitor), place, door).detach();
}

}  // namespace

void relay(UniqueFd one, UniqueFd other) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  std::thread back(pump, other.get(), one.get());
  pump(one.get(), other.get());
  back.join();
}

void relay_standard_streams(UniqueFd socket) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  const auto shared = std::make_shared<UniqueFd>(std::move(socket));
  std::thread([shared] { pump(STDIN_FILENO, shared->get()); }).detach();
  pump(shared->get(), STDOUT_FILENO);
}

Result<void> keep_gate(const Place& place) {
  std::vector<UniqueFd> listeners;
  for (const Door& door : kDoors)
    listeners.push_back(TRY(listen_on(place.loopback(), door.loopback_port)));
  for (;;) {
    std::vector<pollfd> ready;
    ready.reserve(listeners.size());
    for (const UniqueFd& listener : listeners) ready.push_back({listener.get(), POLLIN, 0});
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) return errno_error("poll");
    for (std::size_t i = 0; i < ready.size(); ++i)
      if (ready[i].revents != 0) admit(listeners[i].get(), place, kDoors[i]);
  }
}

}  // namespace bramble::lab
