// SPDX-License-Identifier: Apache-2.0
// For memory that is needed soon and lies in no cache of the processor: it is fetched meanwhile.
#pragma once

#include <cstddef>

namespace bramble {

// nullptr: nothing is.
inline void prefetch(const void* first, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  if (first == nullptr) return;
  for (std::size_t at = 0; at < bytes; at += kLine)
    __builtin_prefetch(static_cast<const char*>(first) + at);
}

}  // namespace bramble
