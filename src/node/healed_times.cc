// SPDX-License-Identifier: Apache-2.0
#include "node/healed_times.hh"

#include <algorithm>
#include <utility>

#include "base/log.hh"

namespace bramble {
namespace {

constexpr std::size_t kWaitingMax = 100'000;
constexpr int kTries = 10;  // of a file that changes
constexpr int kLooksAfterTrouble = 15;
// No heal takes longer, and what was not written while it lasted has the right time. A node that is
// filled anew has all files healed, most of them old.
constexpr std::chrono::hours kChangedWithin{24};

}  // namespace

HealedTimes::HealedTimes(const Clock& clock, GlusterAddress address, std::string machine,
                         const std::string& brick, const GlusterLibrary* library)
    : clock_(clock),
      volume_(address.volume),
      index_(brick),
      times_(std::move(address), std::move(machine), brick, library) {}

void HealedTimes::look() {
  if (looks_to_rest_ > 0)
    --looks_to_rest_;
  else
    mend_some();
  add(index_.healed());
}

void HealedTimes::mend_some() {
  std::size_t mended = 0;
  for (std::size_t left = std::min(waiting_.size(), kAtALook); left > 0; --left) {
    Waiting file = waiting_.front();
    const auto found = times_.mend(file.id, clock_.wall() - kChangedWithin);
    note(found.ok() ? "" : found.error().what);
    if (!found.ok()) {
      looks_to_rest_ = kLooksAfterTrouble;
      break;
    }
    waiting_.pop_front();
    if (*found == GlusterTimes::Found::kMended && mended++ == 0)
      log::info(
          "volume {}: its bricks tell different times of {}, which was healed: it gets a new one",
          volume_, to_string(file.id));
    if (*found == GlusterTimes::Found::kChanging && ++file.tries < kTries) waiting_.push_back(file);
  }
  if (mended > 1) log::info("volume {}: so do {} more files", volume_, mended - 1);
}

void HealedTimes::note(const std::string& trouble) {
  if (!trouble.empty() && trouble != trouble_)
    log::warning("volume {}: the times of what was healed are not compared: {}", volume_, trouble);
  trouble_ = trouble;
}

void HealedTimes::add(const std::vector<Gfid>& healed) {
  const std::size_t room = kWaitingMax - std::min(kWaitingMax, waiting_.size());
  const std::size_t taken = std::min(room, healed.size());
  for (std::size_t i = 0; i < taken; ++i) waiting_.push_back({.id = healed[i]});
  if (taken < healed.size())
    log::warning("volume {}: of {} files that were healed the times are not compared: too many",
                 volume_, healed.size() - taken);
}

}  // namespace bramble
