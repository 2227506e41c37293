// SPDX-License-Identifier: Apache-2.0
#include "base/headed_bytes.hh"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/prefetch.hh"

namespace bramble {

HeadedBytes::HeadedBytes(std::string_view bytes)
    : room_(new(::operator new(kRoomBytes + bytes.size())) Room), size_(bytes.size()) {
  bytes.copy(room_->end(), size_);
}

void HeadedBytes::keep(std::uint64_t key, std::string_view lines) const {
  constexpr std::size_t kFirstBytes = 160;  // status, date, the server's and the node's names
  if (!room_ || lines.size() > sizeof room_->text - kFirstBytes) return;
  if (room_->keeping.exchange(true, std::memory_order_relaxed)) return;
  lines.copy(room_->end() - lines.size(), lines.size());
  room_->key = key;
  room_->lines_bytes = static_cast<std::uint32_t>(lines.size());
  room_->kept.store(true, std::memory_order_release);
}

HeadedBytes::Fronted::Fronted(std::string_view first, const HeadedBytes& bytes)
    : taken_(bytes.room_->taken) {
  Room& room = *bytes.room_;
  if (first.size() + room.lines_bytes > sizeof room.text) return;
  if (taken_.exchange(true, std::memory_order_acquire)) return;
  char* const begin = room.end() - room.lines_bytes - first.size();
  first.copy(begin, first.size());
  text_ = {begin, first.size() + room.lines_bytes + bytes.size_};
}

HeadedBytes::Fronted::~Fronted() {
  if (!text_.empty()) taken_.store(false, std::memory_order_release);
}

void HeadedBytes::prefetch() const {
  constexpr std::size_t kBytes = 512;  // from there on, reading is foreseen
  if (room_) bramble::prefetch(room_.get(), kRoomBytes + std::min(size_, kBytes));
}

}  // namespace bramble
