// SPDX-License-Identifier: Apache-2.0
#include "drill/aim.hh"

#include <algorithm>
#include <utility>

namespace bramble::drill {

Aim::Aim(std::vector<std::string> servers, std::size_t visitors)
    : servers_(std::move(servers)), downloads_(visitors) {}

void Aim::begun(std::size_t visitor, std::string_view server) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(servers_, server);
  downloads_[visitor] = {};
  if (found == servers_.end()) return;
  downloads_[visitor] = {.state = State::kRuns,
                         .server = static_cast<std::size_t>(found - servers_.begin())};
}

void Aim::byte_has_come(std::size_t visitor) {
  const std::lock_guard lock(mutex_);
  Download& download = downloads_[visitor];
  if (download.state != State::kRuns) return;
  download.state = State::kDue;
  download.due_since = dues_++;
  one_is_due_.notify_one();
}

bool Aim::ended(std::size_t visitor) {
  const std::lock_guard lock(mutex_);
  return std::exchange(downloads_[visitor], {}).state == State::kHit;
}

std::optional<std::size_t> Aim::next(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  one_is_due_.wait_for(lock, at_most, [this] { return longest_due() != nullptr; });
  const Download* const due = longest_due();
  return due != nullptr ? std::optional(due->server) : std::nullopt;
}

const Aim::Download* Aim::longest_due() const {
  const Download* longest = nullptr;
  for (const Download& download : downloads_)
    if (download.state == State::kDue &&
        (longest == nullptr || download.due_since < longest->due_since))
      longest = &download;
  return longest;
}

void Aim::breaks(std::size_t server) {
  const std::lock_guard lock(mutex_);
  for (Download& download : downloads_)
    download.breaking = download.state != State::kNone && download.server == server;
}

void Aim::has_broken() {
  const std::lock_guard lock(mutex_);
  for (Download& download : downloads_)
    if (std::exchange(download.breaking, false)) download.state = State::kHit;
}

}  // namespace bramble::drill
