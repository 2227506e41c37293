// SPDX-License-Identifier: Apache-2.0
// Text that is put together of many short pieces, again and again: for a std::string, each of them
// is a call or two, in all as much as the rest of an answer from memory. Its room is kept.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bramble {

class TextBuffer {
 public:
  // Anything that a std::string_view is made of.
  template <typename... Pieces>
  TextBuffer& append(const Pieces&... pieces) {
    const std::size_t more = (std::string_view(pieces).size() + ...);
    if (room_.size() - size_ < more) grow(more);
    ((size_ += std::string_view(pieces).copy(room_.data() + size_, more)), ...);
    return *this;
  }

  TextBuffer& append_number(std::uint64_t number) {
    std::array<char, 20> digits;
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return append(std::string_view(digits.data(), end));
  }

  template <typename... Pieces>
  TextBuffer& assign(const Pieces&... pieces) {
    return clear(), append(pieces...);
  }

  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  std::string_view text() const { return {room_.data(), size_}; }  // valid until it changes

 private:
  void grow(std::size_t more) { room_.resize(std::max(2 * room_.size(), size_ + more)); }

  std::string room_;  // of which size_ bytes are the text
  std::size_t size_ = 0;
};

}  // namespace bramble
