// SPDX-License-Identifier: Apache-2.0
#include "delay_line.hh"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>

namespace bramble::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

struct Frame {
  Clock::time_point due;
  std::size_t bytes = 0;
  std::array<char, 1600> data;  // an Ethernet frame
};

// From one end to the other.
struct Direction {
  int from;
  int to;
  std::deque<Frame> under_way;

  void take(nanoseconds delay) {
    for (;;) {
      Frame& frame = under_way.emplace_back();
      const ssize_t bytes = ::read(from, frame.data.data(), frame.data.size());
      if (bytes <= 0) return under_way.pop_back();
      frame.bytes = static_cast<std::size_t>(bytes);
      frame.due = Clock::now() + delay;
    }
  }
  void give() {
    for (; !under_way.empty() && under_way.front().due <= Clock::now(); under_way.pop_front())
      if (::write(to, under_way.front().data.data(), under_way.front().bytes) < 0)
        continue;  // a cable loses what nobody takes
  }
};

timespec until(Clock::time_point due) {
  const auto left = std::max(nanoseconds(due - Clock::now()), nanoseconds(0));
  return {.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
}

}  // namespace

Result<UniqueFd> open_tap(const std::string& name) {
  UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return errno_error("/dev/net/tun");
  ifreq request = {};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) return errno_error("TUNSETIFF " + name);
  return fd;
}

DelayLine::DelayLine(UniqueFd one, UniqueFd other, nanoseconds delay)
    : one_(std::move(one)),
      other_(std::move(other)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      delay_(delay),
      thread_([this] { move(); }) {}

DelayLine::~DelayLine() {
  (void)::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void DelayLine::move() const {
  std::array<Direction, 2> ways = {Direction{one_.get(), other_.get(), {}},
                                   Direction{other_.get(), one_.get(), {}}};
  for (;;) {
    std::array<pollfd, 3> fds = {
        {{one_.get(), POLLIN, 0}, {other_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    std::optional<timespec> wait;
    for (const Direction& way : ways)
      if (!way.under_way.empty()) {
        const timespec left = until(way.under_way.front().due);
        if (!wait || left.tv_sec < wait->tv_sec ||
            (left.tv_sec == wait->tv_sec && left.tv_nsec < wait->tv_nsec))
          wait = left;
      }
    if (::ppoll(fds.data(), fds.size(), wait ? &*wait : nullptr, nullptr) < 0) continue;
    if (fds[2].revents != 0) return;
    for (Direction& way : ways) {
      way.take(delay_);
      way.give();
    }
  }
}

}  // namespace bramble::bench
