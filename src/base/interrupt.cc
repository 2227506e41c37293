// SPDX-License-Identifier: Apache-2.0
#include "base/interrupt.hh"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "base/result.hh"

namespace bramble {
namespace {

std::atomic<bool> noted{false};
std::array<int, 2> wake_pipe = {-1, -1};

void note(int signal) {
  const int errno_before = errno;
  if (noted.exchange(true) && signal == SIGINT) ::_exit(128 + SIGINT);
  [[maybe_unused]] const ssize_t written = ::write(wake_pipe[1], "!", 1);
  errno = errno_before;
}

}  // namespace

void catch_interrupts() {
  BRAMBLE_CHECK(::pipe2(wake_pipe.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGTERM, &action, nullptr);
  for (const int signal : {SIGINT, SIGHUP}) {  // ignored under nohup, and in a script's background
    struct sigaction before = {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);
  }
}

bool interrupted() { return noted; }
int interrupt_fd() { return wake_pipe[0]; }

}  // namespace bramble
