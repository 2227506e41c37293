// SPDX-License-Identifier: Apache-2.0
#include "node/heartbeat.hh"

#include <fmt/format.h>

#include <vector>

#include "base/text.hh"

namespace bramble {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{4};       // of the first node, and what each further one adds
constexpr seconds kFutureMax{10};     // clocks that differ by more are no clocks
constexpr std::size_t kNameMax = 63;  // RFC 1123, a label

std::optional<WallTime> parse_time(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  if (parts.size() != 2 || parts[1].size() != 3) return std::nullopt;
  const auto whole = parse_number(parts[0]);
  const auto thousandths = parse_number(parts[1]);
  constexpr std::uint64_t kSecondsMax = 9'999'999'999;
  if (!whole || !thousandths || *whole > kSecondsMax) return std::nullopt;
  return WallTime(duration_cast<WallTime::duration>(
      milliseconds(static_cast<std::int64_t>(*whole * 1000 + *thousandths))));
}

}  // namespace

std::string format_heartbeat(const Heartbeat& beat) {
  const auto time = duration_cast<milliseconds>(beat.time.time_since_epoch()).count();
  return fmt::format("bramble heartbeat {:010}.{:03} {:<{}.{}}\n", time / 1000, time % 1000,
                     beat.writer, kNameMax, kNameMax);
}

std::optional<Heartbeat> parse_heartbeat(std::string_view content) {
  if (!content.ends_with('\n')) return std::nullopt;
  const std::vector<std::string_view> parts = words(content);
  if (parts.size() != 4 || parts[0] != "bramble" || parts[1] != "heartbeat") return std::nullopt;
  const std::optional<WallTime> time = parse_time(parts[2]);
  if (!time) return std::nullopt;
  return Heartbeat{.time = *time, .writer = std::string(parts[3])};
}

bool shall_beat(const std::optional<Heartbeat>& last, WallTime now, std::size_t place) {
  if (!last) return true;
  const auto age = now - last->time;
  return age >= kPatience * static_cast<int>(place + 1) || age < -kFutureMax;
}

}  // namespace bramble
