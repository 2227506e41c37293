// SPDX-License-Identifier: Apache-2.0
#include "lab/wait.hh"

#include <poll.h>

#include <cerrno>

#include "base/clock.hh"
#include "base/interrupt.hh"

namespace bramble::lab {
namespace {

constexpr int kBreathMs = 20;

}  // namespace

Result<void> pause() {
  pollfd wake = {interrupt_fd(), POLLIN, 0};
  ::poll(&wake, 1, kBreathMs);
  if (interrupted()) return Error{.code = EINTR, .what = "interrupted"};
  return {};
}

Result<bool> wait_until(std::chrono::milliseconds at_most, const std::function<bool()>& is_so) {
  const Monotonic deadline = SystemClock().now() + at_most;
  while (!is_so()) {
    if (SystemClock().now() >= deadline) return false;
    TRY(pause());
  }
  return true;
}

bool wait_regardless(std::chrono::milliseconds at_most, const std::function<bool()>& is_so) {
  const Monotonic deadline = SystemClock().now() + at_most;
  while (!is_so()) {
    if (SystemClock().now() >= deadline) return false;
    ::poll(nullptr, 0, kBreathMs);
  }
  return true;
}

}  // namespace bramble::lab
