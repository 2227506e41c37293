// SPDX-License-Identifier: Apache-2.0
#include "net/timer.hh"

#include <algorithm>
#include <bit>

namespace bramble {

TimerWheel::TimerWheel(Monotonic now) : start_(now) {}

TimerWheel::~TimerWheel() {
  for (Timer* head : slots_)
    while (head != nullptr) {
      Timer* const timer = head;
      head = head->next_;
      timer->wheel_ = nullptr;
      timer->armed_ = false;
    }
}

std::uint64_t TimerWheel::tick_at(Monotonic time) const {
  if (time <= start_) return 0;
  return static_cast<std::uint64_t>((time - start_ + kTick - Monotonic::duration(1)) / kTick);
}

Monotonic TimerWheel::time_of(std::uint64_t tick) const {
  return start_ + kTick * static_cast<std::int64_t>(tick);
}

void TimerWheel::arm(Timer& timer, Monotonic deadline) {
  timer.deadline_ = deadline;
  timer.armed_ = true;
  if (timer.wheel_ != nullptr) {
    if (timer.slot_ != kDue && timer.slot_tick_ <= tick_at(deadline)) return;
    unlink(timer);
  }
  place(timer);
}

void TimerWheel::disarm(Timer& timer) {
  timer.armed_ = false;
  if (timer.wheel_ != nullptr) unlink(timer);
}

// The slot of the lowest level that reaches the deadline. A slot of level n covers 64^n ticks and
// is emptied when the tick at its beginning comes.
void TimerWheel::place(Timer& timer) {
  const std::uint64_t due = std::max(tick_at(timer.deadline_), tick_ + 1);
  unsigned level = 0;
  while (level + 1 < kLevels &&
         (due >> (level * kSlotBits)) - (tick_ >> (level * kSlotBits)) >= kSlots)
    ++level;
  const unsigned shift = level * kSlotBits;
  const std::uint64_t last = (tick_ >> shift) + kSlots - 1;
  const std::uint64_t slot = std::min(due >> shift, last);
  timer.slot_tick_ = slot << shift;
  link(timer, static_cast<std::uint16_t>(level * kSlots + slot % kSlots));
}

void TimerWheel::link(Timer& timer, std::uint16_t slot) {
  Timer*& head = slots_[slot];
  timer.previous_ = nullptr;
  timer.next_ = head;
  if (head != nullptr) head->previous_ = &timer;
  head = &timer;
  timer.slot_ = slot;
  timer.wheel_ = this;
  if (slot != kDue) occupied_[slot / kSlots] |= std::uint64_t{1} << (slot % kSlots);
}

void TimerWheel::unlink(Timer& timer) {
  if (timer.previous_ != nullptr)
    timer.previous_->next_ = timer.next_;
  else
    slots_[timer.slot_] = timer.next_;
  if (timer.next_ != nullptr) timer.next_->previous_ = timer.previous_;
  if (slots_[timer.slot_] == nullptr && timer.slot_ != kDue)
    occupied_[timer.slot_ / kSlots] &= ~(std::uint64_t{1} << (timer.slot_ % kSlots));
  timer.wheel_ = nullptr;
}

// Moves a slot's timers to the list of those to be looked at.
void TimerWheel::take_slot(unsigned level, unsigned index) {
  const auto slot = static_cast<std::uint16_t>(level * kSlots + index);
  while (slots_[slot] != nullptr) {
    Timer& timer = *slots_[slot];
    unlink(timer);
    link(timer, kDue);
  }
}

void TimerWheel::fire_due(Monotonic now) {
  while (slots_[kDue] != nullptr) {
    Timer& timer = *slots_[kDue];
    unlink(timer);
    if (timer.deadline_ > now) {
      place(timer);
      continue;
    }
    timer.armed_ = false;
    timer.on_timer();
  }
}

void TimerWheel::advance(Monotonic now) {
  if (now < start_) return;
  const auto target = static_cast<std::uint64_t>((now - start_) / kTick);
  while (tick_ < target) {
    const std::optional<Monotonic> soonest = next();
    const std::uint64_t jump = soonest ? std::max(tick_at(*soonest), tick_ + 1) : target;
    tick_ = std::min(jump, target);
    for (unsigned level = 0; level < kLevels; ++level) {
      const unsigned shift = level * kSlotBits;
      if ((tick_ & ((std::uint64_t{1} << shift) - 1)) != 0) break;
      take_slot(level, static_cast<unsigned>((tick_ >> shift) % kSlots));
    }
    fire_due(now);
  }
}

std::optional<Monotonic> TimerWheel::next() const {
  std::optional<std::uint64_t> soonest;
  for (unsigned level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const unsigned shift = level * kSlotBits;
    const std::uint64_t here = tick_ >> shift;
    const auto ahead = static_cast<int>((here + 1) % kSlots);
    const auto distance = std::countr_zero(std::rotr(occupied_[level], ahead));
    const std::uint64_t tick = (here + 1 + static_cast<std::uint64_t>(distance)) << shift;
    soonest = std::min(soonest.value_or(tick), tick);
  }
  if (!soonest) return std::nullopt;
  return time_of(*soonest);
}

}  // namespace bramble
