// SPDX-License-Identifier: Apache-2.0
#include "net/wire.hh"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace bramble {

void Wire::note(std::uint32_t events) {
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & EPOLLOUT) != 0) writable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) peer_closing_ = true;
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) broken_ = true;
}

Wire::Received Wire::receive(std::span<char> buffer, std::size_t& bytes) {
  bytes = 0;
  if (!readable_) return Received::kNothing;
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) {
      bytes = static_cast<std::size_t>(got);
      if (bytes < buffer.size()) readable_ = peer_closing_;
      return Received::kBytes;
    }
    if (got == 0) return Received::kEnd;
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return readable_ = false, Received::kNothing;
    code_ = errno;
    return Received::kFailed;
  }
}

bool Wire::nothing_waits() {
  if (!readable_) return true;
  char next = 0;
  if (::recv(fd_.get(), &next, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN) return false;
  readable_ = false;
  return true;
}

bool Wire::has_room() {
  pollfd look = {.fd = fd_.get(), .events = POLLOUT, .revents = 0};
  writable_ = ::poll(&look, 1, 0) != 0;
  return writable_;
}

Sent Wire::send(std::string_view first, std::string_view second, PendingOutput::Follow follow) {
  const Sent sent = output_.send(fd_.get(), first, second, follow);
  if (sent == Sent::kBlocked) writable_ = false;
  if (sent == Sent::kFailed) code_ = errno;
  return sent;
}

Sent Wire::flush() {
  if (output_.empty()) return Sent::kAll;
  if (!writable_) return Sent::kBlocked;
  const Sent sent = output_.flush(fd_.get());
  if (sent == Sent::kBlocked) writable_ = false;
  if (sent == Sent::kFailed) code_ = errno;
  return sent;
}

std::ptrdiff_t Wire::send_some(std::string_view bytes) {
  for (;;) {
    const ssize_t taken =
        ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken >= 0) {
      if (static_cast<std::size_t>(taken) < bytes.size()) writable_ = false;
      return taken;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return writable_ = false, 0;
    code_ = errno;
    return -1;
  }
}

}  // namespace bramble
