// SPDX-License-Identifier: Apache-2.0
// Which answers the promise of the cache (docs/decisions/06) allows, while somebody changes what a
// path leads to. For tests.
//
//     now      what is there: content and attributes make an event
//     during   what was there at some moment since it was asked for
//     before   what a name led to, which makes no event: for as long as names are trusted
//
// All else is too old, a mixture of two versions, or a 404 of what was there at every moment.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/clock.hh"

namespace bramble {

inline constexpr const char* kNone = "ENOENT";

// A version is so many digits, and a content of it repeats them.
inline constexpr std::ptrdiff_t kDigits = 8;

// The version that all of it is of, and its time.
inline std::string what_is(const std::string& content, const timespec& modified) {
  if (content.size() < kDigits) return "too short";
  const auto digits = content.begin() + kDigits;
  if (!std::equal(digits, content.end(), content.begin())) return "a mixture";
  return std::string(content.begin(), digits) + " of " + std::to_string(modified.tv_nsec);
}

struct Truth {
  std::string now = kNone;
  std::set<std::string, std::less<>> during;
  std::map<std::string, Monotonic, std::less<>> before;  // each until then

  bool allows(const std::string& answer, Monotonic at) const {
    const auto old = before.find(answer);
    return answer == now || during.contains(answer) || (old != before.end() && at < old->second);
  }
  bool settled(Monotonic at) const {
    return std::ranges::all_of(before, [at](const auto& old) { return old.second <= at; });
  }
};

}  // namespace bramble
