// SPDX-License-Identifier: Apache-2.0
// Bytes in memory that are sent again and again, and in front of them room for the head that goes
// out with them:
//
//     | .......... first lines | other lines | bytes |
//         of one sending only    kept
//
// The other lines are made once, and all goes out from one place by one call. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace bramble {

class HeadedBytes {
 public:
  static constexpr std::size_t kRoomBytes = 512;  // that it takes beside the bytes

  HeadedBytes() = default;  // none
  explicit HeadedBytes(std::string_view bytes);

  std::string_view bytes() const { return {room_ ? room_->end() : nullptr, size_}; }
  std::size_t size() const { return size_; }
  std::size_t memory() const { return room_ ? kRoomBytes + size_ : 0; }

  // Only the first that come are kept, and only where they leave room for a head's first lines.
  void keep(std::uint64_t key, std::string_view lines) const;
  bool keeps_lines() const { return room_ && room_->kept.load(std::memory_order_acquire); }
  bool keeps_lines(std::uint64_t key) const { return keeps_lines() && room_->key == key; }

  // Where lines are kept: they, and right behind them the bytes. As long as this lives.
  std::string_view lined() const {
    return {room_->end() - room_->lines_bytes, room_->lines_bytes + size_};
  }

  // Some lines more in front of those that are kept: for one thread at a time.
  class Fronted {
   public:
    Fronted(std::string_view first, const HeadedBytes& bytes);
    ~Fronted();
    Fronted(const Fronted&) = delete;
    Fronted& operator=(const Fronted&) = delete;
    std::string_view text() const { return text_; }  // "": another thread is at it, or no room

   private:
    std::atomic<bool>& taken_;
    std::string_view text_;
  };

  // Its lines and the first bytes, so that they are at hand soon.
  void prefetch() const;

 private:
  struct Room {
    std::atomic<bool> taken{false};    // what stands before the lines
    std::atomic<bool> keeping{false};  // somebody has begun to
    std::atomic<bool> kept{false};     // from here on, key and lines stay as they are
    std::uint32_t lines_bytes = 0;
    std::uint64_t key = 0;
    char text[kRoomBytes - 16];  // the lines at its end, and behind it the bytes

    char* end() { return reinterpret_cast<char*>(this) + kRoomBytes; }
  };
  static_assert(sizeof(Room) == kRoomBytes);
  struct Free {
    void operator()(Room* room) const { ::operator delete(room); }
  };

  std::unique_ptr<Room, Free> room_;
  std::size_t size_ = 0;
};

}  // namespace bramble
