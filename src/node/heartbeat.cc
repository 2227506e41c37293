// SPDX-License-Identifier: Apache-2.0
#include "node/heartbeat.hh"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.hh"

namespace bramble {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kTurn{4};           // of the first node, and what each further one adds
constexpr seconds kQuiet{120};        // between quiet beats
constexpr seconds kFutureMax{10};     // clocks that differ by more are no clocks
constexpr seconds kOverdue{20};       // beyond the promise: a look, another writer, the journey
constexpr std::size_t kNameMax = 63;  // RFC 1123, a label

std::optional<WallTime> parse_time(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  if (parts.size() != 2 || parts[1].size() != 3) return std::nullopt;
  const auto whole = parse_number(parts[0]);
  const auto thousandths = parse_number(parts[1]);
  constexpr std::uint64_t kSecondsMax = 9'000'000'000;  // nanoseconds end soon after
  if (!whole || !thousandths || *whole > kSecondsMax) return std::nullopt;
  return WallTime(duration_cast<WallTime::duration>(
      milliseconds(static_cast<std::int64_t>(*whole * 1000 + *thousandths))));
}

}  // namespace

std::string format_heartbeat(const Heartbeat& beat) {
  const auto time = duration_cast<milliseconds>(beat.time.time_since_epoch()).count();
  return fmt::format("bramble heartbeat {:010}.{:03} {:<5} {:<{}.{}}\n", time / 1000, time % 1000,
                     beat.quiet ? "quiet" : "busy", beat.writer, kNameMax, kNameMax);
}

std::optional<Heartbeat> parse_heartbeat(std::string_view content) {
  if (!content.ends_with('\n')) return std::nullopt;
  const std::vector<std::string_view> parts = words(content);
  if (parts.size() != 5 || parts[0] != "bramble" || parts[1] != "heartbeat") return std::nullopt;
  const std::optional<WallTime> time = parse_time(parts[2]);
  if (!time || (parts[3] != "quiet" && parts[3] != "busy")) return std::nullopt;
  return Heartbeat{.time = *time, .writer = std::string(parts[4]), .quiet = parts[3] == "quiet"};
}

bool ChangeWatch::changed(const std::optional<Heartbeat>& newest,
                          const std::optional<Journals>& journals) {
  if (!newest) return true;
  if (newest_ != newest->time) {
    journal_.reset();
    if (newest_ && journals) journal_ = journals->empty() ? 0 : journals->back();
    newest_ = newest->time;
  }
  if (!journal_ || !journals) return true;
  // One more is the heartbeat's own. What else is in it travels with the heartbeat.
  const auto later = std::upper_bound(journals->begin(), journals->end(), *journal_);
  return journals->end() - later > 1;
}

bool shall_beat(const BeatQuestion& question) {
  if (!question.last) return true;
  const bool soon = question.changed || question.awaited || !question.last->quiet;
  const auto age = question.now - question.last->time;
  const seconds due = soon ? seconds(0) : kQuiet;
  return age >= due + kTurn * static_cast<int>(question.place + 1) || age < -kFutureMax;
}

std::optional<nanoseconds> lag_of(const Heartbeat& newest, WallTime now,
                                  std::optional<nanoseconds> journey) {
  const nanoseconds age = now - newest.time;
  if (age > (newest.quiet ? kQuiet : seconds(0)) + kTurn + kOverdue) return age;
  if (!journey) return std::nullopt;
  return std::max(*journey, nanoseconds(0));
}

bool has_arrived(WallTime beat, const std::optional<WallTime>& newest_there, WallTime now) {
  if (!newest_there) return false;
  return *newest_there == beat || (*newest_there > beat && *newest_there <= now + kFutureMax);
}

std::optional<nanoseconds> MissingBeat::age(const std::optional<Heartbeat>& here,
                                            const std::optional<WallTime>& there, WallTime now) {
  if (!here || has_arrived(here->time, there, now)) {
    oldest_.reset();
    return std::nullopt;
  }
  if (!oldest_ || *oldest_ > here->time || has_arrived(*oldest_, there, now)) oldest_ = here->time;
  return now - *oldest_;
}

}  // namespace bramble
