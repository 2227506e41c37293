// SPDX-License-Identifier: Apache-2.0
#include "node/heartbeat_files.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.hh"
#include "cluster/rules.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

// By chance all of them miss one of many sets once in a million clusters.
constexpr std::size_t kTriesOfEachSet = 16;

std::string folder_in(const std::string& brick) {
  return fmt::format("{}/{}", brick, kHeartbeatFolder);
}

// What DHT leaves where a file of that name lies elsewhere may not be read by anybody.
bool lies_here(const std::string& file) {
  std::error_code unreadable;
  const fs::file_status status = fs::status(file, unreadable);
  return fs::is_regular_file(status) && status.permissions() != fs::perms::sticky_bit;
}

}  // namespace

std::string heartbeat_name(std::size_t number) {
  return number == 0 ? std::string(kHeartbeatName)
                     : fmt::format("{}-{}", kHeartbeatName, number + 1);
}

std::vector<std::string> heartbeats_in(const std::string& brick) {
  std::vector<std::string> names = names_in(folder_in(brick));
  std::erase_if(names, [&](const std::string& name) {
    return !name.starts_with(kHeartbeatName) || !lies_here(folder_in(brick) + "/" + name);
  });
  std::ranges::sort(names);
  return names;
}

BeatSets::BeatSets(std::vector<std::string> nodes)
    : nodes_(std::move(nodes)), of_each_(nodes_of_each_set(nodes_.size())) {}

std::size_t BeatSets::count() const { return nodes_.empty() ? 1 : nodes_.size() / of_each_; }

std::optional<BeatSets::Seat> BeatSets::seat_of(const std::string& node) const {
  const auto found = std::ranges::find(nodes_, node);
  if (found == nodes_.end()) return std::nullopt;
  const auto at = static_cast<std::size_t>(found - nodes_.begin());
  return Seat{.set = at / of_each_, .place = at % of_each_};
}

std::vector<std::optional<Heartbeat>> BeatSets::newest(const std::vector<Heartbeat>& beats) const {
  std::vector<std::optional<Heartbeat>> sets(count());
  for (const Heartbeat& beat : beats) {
    const std::optional<Seat> seat = count() == 1 ? Seat{} : seat_of(beat.writer);
    if (!seat) continue;
    std::optional<Heartbeat>& newest = sets[seat->set];
    if (!newest || beat.time > newest->time) newest = beat;
  }
  return sets;
}

Result<std::optional<std::string>> OwnHeartbeat::name(const IsThere& is_there) {
  if (sets_ == 1) return std::optional(heartbeat_name(0));
  if (const auto here = heartbeats_in(brick_); !here.empty()) return std::optional(here.front());
  while (tried_ < kTriesOfEachSet * sets_ && TRY(is_there(heartbeat_name(tried_)))) ++tried_;
  // A set has each folder: where it lacks, the brick was made anew.
  std::error_code unreadable;
  const bool whole = tried_ == 0 || fs::is_directory(folder_in(brick_), unreadable);
  if (!whole || tried_ == kTriesOfEachSet * sets_) return std::optional<std::string>();
  return std::optional(heartbeat_name(tried_));
}

}  // namespace bramble
