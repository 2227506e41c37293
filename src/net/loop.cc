// SPDX-License-Identifier: Apache-2.0
#include "net/loop.hh"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace bramble {

Deferred::~Deferred() {
  previous_->next_ = next_;
  next_->previous_ = previous_;
}

Result<std::unique_ptr<Loop>> Loop::create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return errno_error("epoll_create1");
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return errno_error("eventfd");
  epoll_event event = {.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0)
    return errno_error("epoll_ctl eventfd");
  return std::unique_ptr<Loop>(new Loop(std::move(epoll), std::move(wake)));
}

Loop::Loop(UniqueFd epoll, UniqueFd wake)
    : epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      receive_buffer_(new char[kHeadroomBytes + kReceiveBytes]),
      now_(std::chrono::steady_clock::now()),
      wall_(std::chrono::system_clock::now()),
      timers_(now_) {}

Loop::~Loop() {
  while (deferred_.next_ != &deferred_) {
    Deferred& left = *deferred_.next_;
    deferred_.next_ = left.next_;
    left.next_->previous_ = &deferred_;
    left.next_ = left.previous_ = &left;
  }
}

Result<void> Loop::watch(int fd, Watcher& watcher) {
  epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                       .data = {.ptr = &watcher}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return errno_error("epoll_ctl");
  return {};
}

void Loop::forget(int fd, Watcher& watcher) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = events_next_; i < events_end_; ++i) {
    epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &watcher) event.events = 0;
  }
}

bool Loop::still_to_tell(const Watcher& watcher, std::uint32_t events) const {
  for (int i = events_next_; i < events_end_; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &watcher && (event.events & events) != 0) return true;
  }
  return false;
}

void Loop::arm(Timer& timer, std::chrono::nanoseconds from_now) {
  timers_.arm(timer, now_ + std::chrono::duration_cast<Monotonic::duration>(from_now));
}

void Loop::defer(Deferred& deferred) {
  if (deferred.next_ != &deferred) return;
  deferred.previous_ = deferred_.previous_;
  deferred.next_ = &deferred_;
  deferred_.previous_->next_ = &deferred;
  deferred_.previous_ = &deferred;
}

void Loop::run() {
  now_ = std::chrono::steady_clock::now();
  while (!std::exchange(stopping_, false)) turn();
}

void Loop::stop() {
  post([this] { stopping_ = true; });
}

void Loop::post(std::function<void()> call) {
  bool first = false;
  {
    const std::lock_guard lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(call));
  }
  const std::uint64_t one = 1;
  if (first && ::write(wake_.get(), &one, sizeof one) != sizeof one) BRAMBLE_CHECK(errno == EAGAIN);
}

void Loop::turn() {
  const Monotonic end = std::chrono::steady_clock::now();
  work_.busy += end - now_;
  work_.longest_turn = std::max<std::chrono::nanoseconds>(work_.longest_turn, end - now_);
  const int count = ::epoll_wait(epoll_.get(), events_.data(), kEventsMax, wait_milliseconds(end));
  BRAMBLE_CHECK(count >= 0 || errno == EINTR);
  now_ = std::chrono::steady_clock::now();
  wall_ = std::chrono::system_clock::now();
  dispatch(count);
  timers_.advance(now_);
  run_deferred();
}

int Loop::wait_milliseconds(Monotonic now) const {
  if (deferred_.next_ != &deferred_) return 0;
  const std::optional<Monotonic> next = timers_.next();
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
  return static_cast<int>(
      std::clamp<std::int64_t>(left, 0, std::numeric_limits<std::int32_t>::max()));
}

void Loop::dispatch(int count) {
  bool posted = false;
  events_end_ = std::max(count, 0);
  for (events_next_ = 0; events_next_ < events_end_;) {
    const epoll_event event = events_[static_cast<std::size_t>(events_next_++)];
    if (event.events == 0) continue;
    if (event.data.ptr == nullptr)
      posted = true;
    else
      static_cast<Watcher*>(event.data.ptr)->on_ready(event.events);
  }
  events_end_ = events_next_ = 0;
  if (posted) run_posted();
}

void Loop::run_posted() {
  std::uint64_t count = 0;
  if (::read(wake_.get(), &count, sizeof count) != sizeof count) return;
  {
    const std::lock_guard lock(posted_mutex_);
    running_.swap(posted_);
  }
  for (const std::function<void()>& call : running_) call();
  running_.clear();
}

// Those that are deferred meanwhile are for the next turn.
void Loop::run_deferred() {
  if (deferred_.next_ == &deferred_) return;
  ending_.next_ = std::exchange(deferred_.next_, &deferred_);
  ending_.previous_ = std::exchange(deferred_.previous_, &deferred_);
  ending_.next_->previous_ = ending_.previous_->next_ = &ending_;
  while (ending_.next_ != &ending_) {
    Deferred& first = *ending_.next_;
    ending_.next_ = first.next_;
    first.next_->previous_ = &ending_;
    first.next_ = first.previous_ = &first;
    first.on_turn_end();
  }
}

}  // namespace bramble
