// SPDX-License-Identifier: Apache-2.0
// What visitors saw instead of a whole answer, and how often.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace bramble::drill {

// What is no failure: Ctrl-C came first.
inline constexpr const char* kInterrupted = "interrupted";

using Failures = std::map<std::string, std::uint64_t>;

inline std::uint64_t total(const Failures& failures) {
  std::uint64_t all = 0;
  for (const auto& [what, times] : failures) all += times;
  return all;
}

inline void add(Failures& to, const Failures& more) {
  for (const auto& [what, times] : more) to[what] += times;
}

}  // namespace bramble::drill
