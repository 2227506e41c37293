// SPDX-License-Identifier: Apache-2.0
#include "node/healed_times.hh"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/log.hh"

namespace bramble {
namespace {

constexpr std::size_t kWaitingMax = 100'000;
constexpr int kTriesMax = 10;  // of a file that changes, or fails
constexpr int kLooksAfterTrouble = 15;
// No heal takes longer, and what was not written while it lasted has the right time. A node that is
// filled anew has all files healed, most of them old.
constexpr std::chrono::hours kHealMax{7 * 24};

}  // namespace

HealedTimes::HealedTimes(const Clock& clock, GlusterAddress address, std::string machine,
                         const std::string& brick, const GlusterLibrary* library)
    : clock_(clock),
      volume_(address.volume),
      index_(brick),
      times_(std::move(address), std::move(machine), brick, library) {}

void HealedTimes::look() {
  if (looks_to_rest_ > 0) {
    --looks_to_rest_;
  } else if (!waiting_.empty()) {
    mended_ = 0;
    const Result<void> done = mend_some();
    if (mended_ > 1)
      log::info("volume {}: so it is with {} more healed files", volume_, mended_ - 1);
    const std::string trouble = done.ok() ? "" : done.error().what;
    if (!trouble.empty() && trouble != trouble_)
      log::warning("volume {}: the times of what was healed are not compared yet: {}", volume_,
                   trouble);
    trouble_ = trouble;
    if (!done.ok()) looks_to_rest_ = kLooksAfterTrouble;
  }
  add(index_.healed());
}

// Error: GlusterFS is not reached, and the others wait.
Result<void> HealedTimes::mend_some() {
  TRY(times_.connect());
  for (std::size_t left = std::min(waiting_.size(), kAtALook); left > 0; --left) {
    TRY(mend(waiting_.front()));
    waiting_.pop_front();
  }
  return {};
}

Result<void> HealedTimes::mend(Waiting file) {
  using Found = GlusterTimes::Found;
  const Result<Found> found = times_.mend(file.id, file.healed - kHealMax);
  if (!found.ok() && found.error().code == ENOTCONN) return found.error();
  if (!found.ok()) {
    try_again(file, found.error().what);
  } else if (*found == Found::kChanging) {
    try_again(file, "they change");
  } else if (*found == Found::kMended) {
    if (mended_++ == 0)
      log::info(
          "volume {}: its bricks tell different times of {}, which was healed: all get a new one",
          volume_, to_string(file.id));
    try_again(file, "they do so still");  // and so it is seen whether they are alike
  }
  return {};
}

void HealedTimes::try_again(Waiting file, const std::string& why) {
  if (++file.tries < kTriesMax) return waiting_.push_back(file);
  log::warning("volume {}: its bricks may tell different times of {}, which was healed: {}",
               volume_, to_string(file.id), why);
}

void HealedTimes::add(const std::vector<Gfid>& healed) {
  const std::size_t room = kWaitingMax - std::min(kWaitingMax, waiting_.size());
  const std::size_t taken = std::min(room, healed.size());
  for (std::size_t i = 0; i < taken; ++i)
    waiting_.push_back({.id = healed[i], .healed = clock_.wall()});
  const bool full = taken < healed.size();
  if (full && !full_)
    log::warning("volume {}: so many files were healed that not all times are compared", volume_);
  full_ = full || (full_ && !waiting_.empty());
}

}  // namespace bramble
