// SPDX-License-Identifier: Apache-2.0
#include "volume/freshness.hh"

namespace bramble {
namespace {

std::atomic<std::uint64_t> changes{0};

}  // namespace

Stamp::Stamp(const struct stat& status)
    : modified(status.st_mtim), changed(status.st_ctim), size(status.st_size) {}

bool Stamp::operator==(const Stamp& other) const {
  return same(modified, other.modified) && same(changed, other.changed) && size == other.size;
}

std::uint64_t Freshness::last_change() { return changes.load(std::memory_order_acquire); }

std::uint64_t Freshness::next_change() { return ++changes; }

std::uint64_t Freshness::changed() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t epoch = next_change();
  end_lingering();
  epoch_.store(epoch, std::memory_order_release);
  return epoch;
}

void Freshness::doubt(Monotonic asked) {
  const std::lock_guard lock(mutex_);
  changed_at_ = asked;
  doubts_left_ = kDoubts.size();
}

bool Freshness::lingers(std::uint64_t epoch, Monotonic now) const {
  if (lingering_.load(std::memory_order_acquire) != epoch) return false;
  const Monotonic until{Monotonic::duration(lingers_until_.load(std::memory_order_acquire))};
  return now < until && lingering_.load(std::memory_order_acquire) == epoch;  // that one's time
}

Freshness::Epochs Freshness::observe(const Stamp& stamp, Monotonic asked, bool doubt_after_change,
                                     std::chrono::nanoseconds lingering) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t before = epoch();
  const bool differs = known_ && !(stamp == stamp_);
  bool doubted = false;
  for (; doubts_left_ > 0 && asked - changed_at_ >= kDoubts[kDoubts.size() - doubts_left_];
       --doubts_left_)
    doubted = true;
  if (differs || doubted) {
    end_lingering();
    lingers_until_.store(asked_ + Monotonic::duration(lingering).count(),
                         std::memory_order_release);
    if (lingering.count() > 0) lingering_.store(before, std::memory_order_release);
    epoch_.store(next_change(), std::memory_order_release);
  }
  if (differs && doubt_after_change) {
    changed_at_ = asked;
    doubts_left_ = kDoubts.size();
  }
  known_ = true;
  stamp_ = stamp;
  const Monotonic::rep time = asked.time_since_epoch().count();
  if (asked_.load(std::memory_order_relaxed) < time) asked_.store(time, std::memory_order_release);
  return {.before = before, .now = epoch()};
}

}  // namespace bramble
