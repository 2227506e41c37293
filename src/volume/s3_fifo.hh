// SPDX-License-Identifier: Apache-2.0
// A table of bounded bytes that keeps what is asked for again and again:
//
//     put ──► small (a tenth) ──used twice since──► main ──┐
//               │                                    ▲ └───┘ used since: another round
//               └─ else: gone, its key's hash ──►  ghosts    else: gone
//                                                    └ put again while remembered: into main
//
// What is asked for once (a crawler, a search for holes) passes through the small queue and moves
// nothing out of the main one. A use only counts: it moves nothing.
//
// Source: Yang, Zhang, Qiu, Yue, Vigfusson, "FIFO queues are all you need for cache eviction",
// SOSP 2023, algorithm 1. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "volume/hash_index.hh"

namespace bramble {

template <typename T>
class S3Fifo {
 public:
  explicit S3Fifo(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  S3Fifo(const S3Fifo&) = delete;
  S3Fifo& operator=(const S3Fifo&) = delete;

  // Counts as a use. Valid until the next put or erase; nullptr: it is not there.
  T* find(std::string_view key) {
    Place* const found = place_of(key);
    if (found == nullptr) return nullptr;
    if (found->uses < kUsesMax) ++found->uses;
    return &found->value;
  }

  // Replaces what has the key; others go until there is room. What is larger than all the room is
  // not taken. Gives what has gone, as its end may take a while.
  std::vector<T> put(std::string_view key, T value, std::uint64_t bytes) {
    std::vector<T> gone;
    Place* const found = place_of(key);
    if (bytes > bytes_max_) {
      if (found != nullptr) gone.push_back(remove(found->item));
      return gone;
    }
    if (found != nullptr) {
      Item& item = *found->item;
      queue_of(item).bytes += bytes - item.bytes;
      item.bytes = bytes;
      gone.push_back(std::exchange(found->value, std::move(value)));
    } else {
      const std::size_t hash = hash_of(key);
      Queue& queue = take_ghost(hash) ? main_ : small_;
      queue.items.push_front({.hash = hash, .bytes = bytes, .in_main = &queue == &main_});
      queue.bytes += bytes;
      places_.insert(
          hash, {.item = queue.items.begin(), .value = std::move(value), .key = std::string(key)});
    }
    while (this->bytes() > bytes_max_) evict(gone);
    return gone;
  }

  // So that there is room for others than ours. Gives what has gone: nothing where nothing was
  // there.
  std::vector<T> make_room() {
    std::vector<T> gone;
    while (gone.empty() && size() > 0) evict(gone);
    return gone;
  }

  // Gives what has gone.
  std::vector<T> erase(std::string_view key) {
    std::vector<T> gone;
    if (const Place* const found = place_of(key); found != nullptr)
      gone.push_back(remove(found->item));
    return gone;
  }

  std::uint64_t bytes() const { return small_.bytes + main_.bytes; }
  std::size_t size() const { return places_.size(); }
  std::uint64_t evicted() const { return evicted_; }

 private:
  static constexpr std::uint8_t kUsesMax = 3;
  static constexpr std::uint8_t kUsesToStay = 2;
  static constexpr std::uint64_t kSmallShare = 10;  // one part in so many

  struct Item {
    std::size_t hash = 0;
    std::uint64_t bytes = 0;
    bool in_main = false;
  };
  using Items = std::list<Item>;  // the newest first
  struct Place {                  // all that a use needs: of the item, it would wait for memory
    typename Items::iterator item;
    T value;
    std::string key;
    std::uint8_t uses = 0;
  };
  struct Queue {
    Items items;
    std::uint64_t bytes = 0;
  };

  static std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }

  Place* place_of(std::string_view key) {
    return places_.find(hash_of(key), [&](const Place& place) { return place.key == key; });
  }

  Place& place_of(typename Items::iterator item) {
    return *places_.find(item->hash, [&](const Place& place) { return place.item == item; });
  }

  Queue& queue_of(const Item& item) { return item.in_main ? main_ : small_; }

  void evict(std::vector<T>& gone) {
    if (main_.items.empty() || small_.bytes > bytes_max_ / kSmallShare)
      evict_small(gone);
    else
      evict_main(gone);
  }

  void evict_small(std::vector<T>& gone) {
    const auto last = std::prev(small_.items.end());
    std::uint8_t& uses = place_of(last).uses;
    if (uses < kUsesToStay) {
      remember(last->hash);
      return drop(last, gone);
    }
    uses = 0;
    last->in_main = true;
    small_.bytes -= last->bytes;
    main_.bytes += last->bytes;
    main_.items.splice(main_.items.begin(), small_.items, last);
  }

  void evict_main(std::vector<T>& gone) {
    const auto last = std::prev(main_.items.end());
    std::uint8_t& uses = place_of(last).uses;
    if (uses == 0) return drop(last, gone);
    --uses;
    main_.items.splice(main_.items.begin(), main_.items, last);
  }

  void drop(typename Items::iterator item, std::vector<T>& gone) {
    ++evicted_;
    gone.push_back(remove(item));
  }

  T remove(typename Items::iterator item) {
    Queue& queue = queue_of(*item);
    T value = std::move(place_of(item).value);
    places_.erase(item->hash, [&](const Place& place) { return place.item == item; });
    queue.bytes -= item->bytes;
    queue.items.erase(item);
    return value;
  }

  // As many ghosts as there are items: by then a main queue has been through.
  void remember(std::size_t hash) {
    ghosts_.push_back(hash);
    ++ghost_counts_[hash];
    while (ghosts_.size() > std::max<std::size_t>(places_.size(), 1)) {
      forget(ghosts_.front());
      ghosts_.pop_front();
    }
  }

  void forget(std::size_t hash) {
    const auto found = ghost_counts_.find(hash);
    if (found != ghost_counts_.end() && --found->second == 0) ghost_counts_.erase(found);
  }

  bool take_ghost(std::size_t hash) { return ghost_counts_.contains(hash); }

  const std::uint64_t bytes_max_;
  Queue small_;
  Queue main_;
  HashIndex<Place> places_;
  std::deque<std::size_t> ghosts_;  // hashes of keys, the oldest first
  std::unordered_map<std::size_t, std::size_t> ghost_counts_;
  std::uint64_t evicted_ = 0;
};

}  // namespace bramble
