// SPDX-License-Identifier: Apache-2.0
// Timers that cost nothing to re-arm: a hierarchical wheel of intrusive nodes.
//
//     level 0    64 slots of 10 ms       within 0.64 s
//     level 1    64 slots of 0.64 s      within 41 s
//     level 2    64 slots of 41 s        within 44 min
//     level 3    64 slots of 44 min      within 46 h; what is later waits in its last slot
//
// A timer fires at its deadline or up to one tick (10 ms) later, never before it. Moving a deadline
// to a later time only stores it: the timer stays in its slot and is put right when that slot comes
// due. So a timeout that every request pushes on costs one store. One thread: the loop's.
//
// Source: G. Varghese, T. Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 7.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hh"

namespace bramble {

class TimerWheel;

// What shall happen at a deadline. Disarms itself when it is destroyed. on_timer may arm it again,
// disarm or destroy any timer, this one too.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const { return armed_; }
  Monotonic deadline() const { return deadline_; }  // of use only while armed

 protected:
  virtual ~Timer() { disarm(); }
  void disarm();

 private:
  friend class TimerWheel;
  virtual void on_timer() = 0;

  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  TimerWheel* wheel_ = nullptr;  // set while linked in a slot
  std::uint64_t slot_tick_ = 0;  // the tick its slot comes due
  Monotonic deadline_{};
  std::uint16_t slot_ = 0;
  bool armed_ = false;
};

// A timer as a member: calls a method of its owner, which outlives it.
template <typename Owner>
class TimerOf final : public Timer {
 public:
  TimerOf(Owner& owner, void (Owner::*method)()) : owner_(owner), method_(method) {}

 private:
  void on_timer() override { (owner_.*method_)(); }

  Owner& owner_;
  void (Owner::*method_)();
};

class TimerWheel {
 public:
  explicit TimerWheel(Monotonic now);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  void arm(Timer& timer, Monotonic deadline);  // armed or not
  void disarm(Timer& timer);                   // armed or not

  // Fires what is due. A timer that is armed meanwhile waits for a tick at least.
  void advance(Monotonic now);

  // When advance is next of use; nothing while no timer is armed.
  std::optional<Monotonic> next() const;

 private:
  static constexpr unsigned kLevels = 4;
  static constexpr unsigned kSlotBits = 6;
  static constexpr unsigned kSlots = 1U << kSlotBits;
  static constexpr std::chrono::milliseconds kTick{10};
  static constexpr std::uint16_t kDue = kLevels * kSlots;  // the list of those being fired

  std::uint64_t tick_at(Monotonic time) const;  // the first tick not before the time
  Monotonic time_of(std::uint64_t tick) const;
  void place(Timer& timer);
  void link(Timer& timer, std::uint16_t slot);
  void unlink(Timer& timer);
  void take_slot(unsigned level, unsigned index);
  void fire_due(Monotonic now);

  Monotonic start_;
  std::uint64_t tick_ = 0;  // all slots up to this tick have been emptied
  std::array<Timer*, kDue + 1> slots_{};
  std::array<std::uint64_t, kLevels> occupied_{};  // a bit a slot
};

inline void Timer::disarm() {
  if (wheel_ != nullptr) wheel_->disarm(*this);
}

}  // namespace bramble
