// SPDX-License-Identifier: Apache-2.0
#include "net/output.hh"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

namespace bramble {
namespace {

iovec piece(std::string_view bytes) {
  return {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
}

// Bytes taken, 0 where the socket is full, -1 where it is broken.
ssize_t send_two(int fd, std::string_view first, std::string_view second, int flags) {
  std::array<iovec, 2> pieces = {piece(first), piece(second)};
  msghdr message = {};
  message.msg_iov = pieces.data();
  message.msg_iovlen = 2;
  for (;;) {
    const ssize_t taken =
        second.empty() ? ::send(fd, first.data(), first.size(), flags | MSG_NOSIGNAL | MSG_DONTWAIT)
                       : ::sendmsg(fd, &message, flags | MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken >= 0) return taken;
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) return -1;
  }
}

}  // namespace

Sent PendingOutput::send(int fd, std::string_view first, std::string_view second, Follow follow) {
  if (!kept_.empty()) {
    keep(first, second, 0);
    return Sent::kBlocked;
  }
  if (first.empty() && second.empty()) return Sent::kAll;
  const ssize_t taken = send_two(fd, first, second, follow == Follow::kMore ? MSG_MORE : 0);
  if (taken < 0) return Sent::kFailed;
  if (static_cast<std::size_t>(taken) == first.size() + second.size()) return Sent::kAll;
  keep(first, second, static_cast<std::size_t>(taken));
  return Sent::kBlocked;
}

Sent PendingOutput::flush(int fd) {
  while (begin_ < kept_.size()) {
    const ssize_t taken = send_two(fd, std::string_view(kept_).substr(begin_), {}, 0);
    if (taken < 0) return Sent::kFailed;
    if (taken == 0) return Sent::kBlocked;
    begin_ += static_cast<std::size_t>(taken);
  }
  clear();
  return Sent::kAll;
}

void PendingOutput::clear() {
  begin_ = 0;
  std::string().swap(kept_);
}

// Where something is always pending, nothing else erases what was sent. Less is moved than goes.
void PendingOutput::keep(std::string_view first, std::string_view second, std::size_t taken) {
  if (begin_ > kept_.size() / 2) {
    kept_.erase(0, begin_);
    begin_ = 0;
  }
  if (taken < first.size())
    kept_.append(first.substr(taken)).append(second);
  else
    kept_.append(second.substr(taken - first.size()));
}

}  // namespace bramble
