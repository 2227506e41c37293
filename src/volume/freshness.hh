// SPDX-License-Identifier: Apache-2.0
// Whether what is kept of one inode, a file's content or a folder's names, may still be used.
//
//     epoch     grows with every change that was heard of (an event) or seen (another stamp).
//               What is kept remembers the epoch it belongs to; another epoch: it is not used.
//     verified  when the status was last asked for. What is kept is used for a while after that
//               only, since not every change makes an event; then the status is asked for again.
//
// The stamp is remembered before anything is read by it: a change between the two makes the next
// stamp differ, so that what was read is thrown away once too often, never once too seldom. As two
// bricks make a change at different times, a name that was looked up while its folder changed may
// come from before it: for as long as GlusterFS waits for a slow brick, some looks at the folder
// after a change (kDoubts) begin another epoch, whether they find one or not. The first look at a
// folder cannot tell a change: one that was made in the last minute counts.
//
//     lingers   an epoch that a look has ended, while somebody finds out what is another since:
//               what belongs to it may be used for as long as if nobody had looked. Never after an
//               event.
//
// Any thread. Time comes from the caller.
#pragma once

#include <sys/stat.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/clock.hh"

namespace bramble {

// What of a status tells one content from another. The time of change is that of the volume
// (features.ctime): it is the same on all bricks, and a tool cannot set it back.
struct Stamp {
  explicit Stamp(const struct stat& status);
  bool operator==(const Stamp& other) const;

  timespec modified;
  timespec changed;
  off_t size;
};

class Freshness {
 public:
  // So long after a change that was seen. A brick is waited for at most as long as
  // network.ping-timeout, 10 s as `bramble up` sets it: one for the status, another for the change.
  static constexpr std::array<std::chrono::milliseconds, 4> kDoubts{{
      std::chrono::milliseconds(100),
      std::chrono::seconds(1),
      std::chrono::seconds(4),
      std::chrono::seconds(30),
  }};

  // Grows over all inodes: of two changes, whatever they changed, the later has the larger number.
  static std::uint64_t last_change();
  static std::uint64_t next_change();  // of all of them, maybe

  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  std::uint64_t changed();  // gives the new one

  // The status was asked for at that time, and is this. Folders are doubted after a change. Where
  // that ends an epoch, it lingers for so long after the status was asked for before.
  struct Epochs {
    std::uint64_t before = 0;
    std::uint64_t now = 0;  // another one: what was kept is of no use any more
  };
  Epochs observe(const Stamp& stamp, Monotonic asked, bool doubt_after_change,
                 std::chrono::nanoseconds lingering = {});
  bool lingers(std::uint64_t epoch, Monotonic now) const;
  void end_lingering() { lingering_.store(kNone, std::memory_order_release); }

  // It may have changed just before that.
  void doubt(Monotonic asked);

  bool verified(Monotonic now, std::chrono::nanoseconds trust) const {
    return now - Monotonic(Monotonic::duration(asked_.load(std::memory_order_acquire))) < trust;
  }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  std::atomic<std::uint64_t> epoch_{0};
  std::atomic<Monotonic::rep> asked_{0};
  std::atomic<std::uint64_t> lingering_{kNone};  // an epoch
  std::atomic<Monotonic::rep> lingers_until_{0};
  std::mutex mutex_;  // of changes of the epoch, and of what follows
  bool known_ = false;
  Monotonic changed_at_{};  // when the status was asked for that was another, or is doubted
  std::size_t doubts_left_ = 0;
  Stamp stamp_{{}};
};

}  // namespace bramble
