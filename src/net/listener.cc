// SPDX-License-Identifier: Apache-2.0
#include "net/listener.hh"

#include <sys/socket.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "base/log.hh"
#include "net/socket.hh"

namespace bramble {
namespace {

// The visitor was gone, or its network, before we came: accept(2) tells these as its own errors.
bool left_early(int code) {
  return code == ECONNABORTED || code == EINTR || code == EPROTO || code == ENETDOWN ||
         code == ENETUNREACH || code == EHOSTDOWN || code == EHOSTUNREACH || code == EPERM;
}

}  // namespace

Listener::Listener(Loop& loop, UniqueFd fd, Acceptor& acceptor, std::size_t connections_max)
    : loop_(loop),
      fd_(std::move(fd)),
      acceptor_(acceptor),
      connections_max_(connections_max),
      retry_(*this, &Listener::on_turn_end) {}

Listener::~Listener() {
  if (fd_) loop_.forget(fd_.get(), *this);
}

Result<void> Listener::open() { return loop_.watch(fd_.get(), *this); }

void Listener::close(Backlog backlog) {
  if (!fd_) return;
  if (backlog == Backlog::kTake) accept_some(std::numeric_limits<int>::max());
  loop_.forget(fd_.get(), *this);
  loop_.disarm(retry_);
  fd_.reset();
}

void Listener::connection_closed() {
  BRAMBLE_CHECK(connections_ > 0);
  --connections_;
  if (waiting_ && fd_ && !retry_.armed()) loop_.defer(*this);
}

void Listener::on_ready(std::uint32_t) { accept_some(kAcceptsPerTurn); }

void Listener::on_turn_end() {
  if (fd_) accept_some(kAcceptsPerTurn);
}

void Listener::accept_some(int accepts_max) {
  waiting_ = true;
  while (connections_ < connections_max_) {
    if (accepts_max-- == 0) return loop_.defer(*this);
    if (!accept_one()) return;
  }
}

// Whether it may be tried again at once.
bool Listener::accept_one() {
  Address peer;
  socklen_t size = Address::kSizeMax;
  UniqueFd fd(::accept4(fd_.get(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) {
    set_no_delay(fd.get());
    ++connections_;
    acceptor_.on_connection(std::move(fd), peer);
    return true;
  }
  if (errno == EAGAIN) {
    waiting_ = false;
    return false;
  }
  if (left_early(errno)) return true;
  pause_for_descriptors(errno);
  return false;
}

void Listener::pause_for_descriptors(int code) {
  loop_.arm(retry_, kStarvedPause);
  if (complained_ != Monotonic{} && loop_.now() - complained_ < kComplainEvery) return;
  complained_ = loop_.now();
  log::warning("{}; new connections wait, {} are served; raise LimitNOFILE",
               errno_error("accept", code).what, connections_);
}

}  // namespace bramble
