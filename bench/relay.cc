// SPDX-License-Identifier: Apache-2.0
// bench_relay LISTEN BACKEND: the floor. Hands bytes on between each connection and one of its
// own to the backend, and knows nothing of HTTP: what a proxy pays for system calls and loopback
// alone. Two receives and two sends a request; a copy for bodies of any length.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.hh"
#include "net/socket.hh"

namespace bramble::bench {
namespace {

struct Pair;

// One side of a pair: what comes here goes out at the other.
struct Side {
  UniqueFd fd;
  Pair* pair = nullptr;
  std::string unsent;  // to this side
};

struct Pair {
  Side client;
  Side backend;
  bool ended = false;
  Side& other_of(const Side& side) { return &side == &client ? backend : client; }
};

std::array<char, 65'536> buffer;

// False: the side is broken.
bool send_unsent(Side& to) {
  const ssize_t taken =
      ::send(to.fd.get(), to.unsent.data(), to.unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (taken < 0) return errno == EAGAIN || errno == ENOTCONN;
  to.unsent.erase(0, static_cast<std::size_t>(taken));
  return true;
}

// False: one side has ended. A short read has drained the socket, so no other call asks.
bool pass_on(Side& from, Side& to) {
  while (to.unsent.empty()) {
    const ssize_t got = ::recv(from.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == ENOTCONN;
    if (got == 0) return false;
    const auto bytes = static_cast<std::size_t>(got);
    const ssize_t sent = ::send(to.fd.get(), buffer.data(), bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != ENOTCONN) return false;
    to.unsent.assign(std::string_view(buffer.data(), bytes)
                         .substr(sent < 0 ? 0 : static_cast<std::size_t>(sent)));
    if (bytes < buffer.size()) return true;
  }
  return true;
}

bool ready(Side& side, std::uint32_t events) {
  Side& other = side.pair->other_of(side);
  if ((events & EPOLLOUT) != 0 && !side.unsent.empty()) {
    if (!send_unsent(side)) return false;
    if (side.unsent.empty() && !pass_on(other, side)) return false;
  }
  return (events & EPOLLIN) == 0 || pass_on(side, other);
}

void watch(int epoll, Side& side, Pair& pair) {
  side.pair = &pair;
  epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &side}};
  BRAMBLE_CHECK(::epoll_ctl(epoll, EPOLL_CTL_ADD, side.fd.get(), &event) == 0);
}

void accept_all(int epoll, int listener, const Address& backend,
                std::vector<std::unique_ptr<Pair>>& pairs) {
  for (;;) {
    UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    set_no_delay(fd.get());
    auto pair = std::make_unique<Pair>();
    pair->client.fd = std::move(fd);
    pair->backend.fd = connect_to(backend).value();
    watch(epoll, pair->client, *pair);
    watch(epoll, pair->backend, *pair);
    pairs.push_back(std::move(pair));
  }
}

void relay(const Address& address, const Address& backend) {
  const UniqueFd listener = listen_on(address, {}).value();
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event = {.events = EPOLLIN, .data = {.ptr = nullptr}};
  BRAMBLE_CHECK(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, listener.get(), &event) == 0);
  std::vector<std::unique_ptr<Pair>> pairs;
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = ::epoll_wait(epoll.get(), events.data(), events.size(), -1);
    bool ended = false;
    for (int i = 0; i < count; ++i) {
      const epoll_event& one = events.at(static_cast<std::size_t>(i));
      if (one.data.ptr == nullptr) {
        accept_all(epoll.get(), listener.get(), backend, pairs);
        continue;
      }
      Side& side = *static_cast<Side*>(one.data.ptr);
      if (!ready(side, one.events)) ended = side.pair->ended = true;
    }
    if (ended) std::erase_if(pairs, [](const auto& pair) { return pair->ended; });
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  ignore_broken_pipes();
  relay(parse_address(argv[1]).value(), parse_address(argv[2]).value());
  return 0;
}

}  // namespace
}  // namespace bramble::bench

int main(int argc, char** argv) { return bramble::bench::main(argc, argv); }
