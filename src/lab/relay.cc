// SPDX-License-Identifier: Apache-2.0
#include "lab/relay.hh"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

namespace bramble::lab {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

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

}  // namespace

void relay_standard_streams(UniqueFd socket) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  const auto shared = std::make_shared<UniqueFd>(std::move(socket));
  std::thread([shared] { pump(STDIN_FILENO, shared->get()); }).detach();
  pump(shared->get(), STDOUT_FILENO);
}

}  // namespace bramble::lab
