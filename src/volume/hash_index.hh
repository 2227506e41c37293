// SPDX-License-Identifier: Apache-2.0
// Where things lie, by the hashes of their keys: open addressing, linear probing, half full at the
// most. A look costs one line of memory beside the thing's own; the chains of std::unordered_map
// cost two more, some 100 ns each where many things are asked for in turn.
//
// The things know their keys: the caller compares them. One thread at a time.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace bramble {

template <typename Place>
class HashIndex {
 public:
  std::size_t size() const { return size_; }

  // The place of that hash that is the one; nullptr: there is none. Valid until the next change.
  template <typename Is>
  Place* find(std::size_t hash, const Is& is) {
    const std::size_t at = seek(hash, is);
    return at == kNowhere ? nullptr : &slots_[at].place;
  }

  // There is none of that key yet.
  void insert(std::size_t hash, Place place) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    put({.taken = true, .hash = hash, .place = std::move(place)});
    ++size_;
  }

  // What is behind it moves up to where a look begins for it, so that no look ends too early.
  template <typename Is>
  void erase(std::size_t hash, const Is& is) {
    std::size_t hole = seek(hash, is);
    if (hole == kNowhere) return;
    --size_;
    for (std::size_t at = next(hole); slots_[at].taken; at = next(at)) {
      const std::size_t way = (at - slots_[at].hash) & mask();
      if (way < ((at - hole) & mask())) continue;  // it would be before its home
      slots_[hole] = std::exchange(slots_[at], {});
      hole = at;
    }
    slots_[hole] = {};
  }

 private:
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  static constexpr std::size_t kSlotsMin = 16;

  struct Slot {
    bool taken = false;
    std::size_t hash = 0;
    Place place = {};
  };

  std::size_t mask() const { return slots_.size() - 1; }  // slots are a power of two
  std::size_t next(std::size_t at) const { return (at + 1) & mask(); }

  template <typename Is>
  std::size_t seek(std::size_t hash, const Is& is) const {
    if (slots_.empty()) return kNowhere;
    for (std::size_t at = hash & mask(); slots_[at].taken; at = next(at))
      if (slots_[at].hash == hash && is(slots_[at].place)) return at;
    return kNowhere;
  }

  void put(Slot slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].taken) at = next(at);
    slots_[at] = std::move(slot);
  }

  void grow() {
    std::vector<Slot> before(slots_.empty() ? kSlotsMin : 2 * slots_.size());
    before.swap(slots_);
    for (Slot& slot : before)
      if (slot.taken) put(std::move(slot));
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace bramble
