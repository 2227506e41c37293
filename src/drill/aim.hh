// SPDX-License-Identifier: Apache-2.0
// Whom to break, so that each download loses the server that answers it: when a byte of its own has
// come, or before that, when the same server breaks for another download.
//
//                its byte has come           its server has broken
//     kRuns ───────────────────────► kDue ──────────────────────────► kHit
//       └────────────────────────────────────────────────────────────►
//
// Visitors tell of their downloads, each of one at a time. One thread breaks, one host at a time:
// meanwhile other downloads go on, also those that are due, and their turn comes after it. One that
// is over by then was not hit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bramble::drill {

class Aim {
 public:
  // The names of what may be broken, as answers tell them in X-Served-By.
  Aim(std::vector<std::string> servers, std::size_t visitors);

  // For visitors. ---------------------------------------------------------------------------------
  void begun(std::size_t visitor, std::string_view server);  // others than ours are never due
  void byte_has_come(std::size_t visitor);
  bool ended(std::size_t visitor);  // whether its server broke while it ran

  // For who breaks. -------------------------------------------------------------------------------
  // Of the servers, the one of the download that has been due for the longest; nothing within that
  // time: none is due.
  std::optional<std::size_t> next(std::chrono::milliseconds at_most);
  // Around the deed: hit are downloads that ran before it, and still run after it.
  void breaks(std::size_t server);
  void has_broken();

 private:
  enum class State : std::uint8_t { kNone, kRuns, kDue, kHit };
  struct Download {
    State state = State::kNone;
    std::size_t server = 0;
    std::uint64_t due_since = 0;  // counts those that were due before
    bool breaking = false;        // it ran when the deed began
  };
  const Download* longest_due() const;

  const std::vector<std::string> servers_;
  std::mutex mutex_;
  std::condition_variable one_is_due_;
  std::vector<Download> downloads_;  // of each visitor
  std::uint64_t dues_ = 0;
};

}  // namespace bramble::drill
