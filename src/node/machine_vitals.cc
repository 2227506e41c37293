// SPDX-License-Identifier: Apache-2.0
#include "node/machine_vitals.hh"

#include <algorithm>
#include <charconv>
#include <thread>

#include "base/file.hh"
#include "base/text.hh"

namespace bramble {
namespace {

constexpr std::uint64_t kBytesPerKilobyte = 1024;  // of /proc/meminfo, which says kB

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

// The numbers that a line begins with, at most so many.
std::vector<double> numbers(std::string_view text, std::size_t count_max) {
  std::vector<double> found;
  for (const std::string_view word : words(text)) {
    const std::optional<double> value = number(word);
    if (!value || found.size() == count_max) break;
    found.push_back(*value);
  }
  return found;
}

std::uint64_t memory_bytes(const std::string& meminfo, std::string_view key) {
  for (const std::string_view line : lines(meminfo)) {
    const std::vector<std::string_view> parts = words(line);
    if (parts.size() >= 2 && parts[0] == key)
      return parse_number(parts[1]).value_or(0) * kBytesPerKilobyte;
  }
  return 0;
}

std::optional<double> hottest(const std::string& root) {
  std::optional<double> found;
  const std::string folder = root + "/sys/class/thermal/";
  for (const std::string& zone : names_in(folder)) {
    if (!zone.starts_with("thermal_zone")) continue;
    const std::optional<double> thousandths = number(content_of(folder + zone + "/temp"));
    if (thousandths) found = std::max(found.value_or(*thousandths / 1000), *thousandths / 1000);
  }
  return found;
}

// The firmware's word on a Raspberry Pi: bits 0 to 3 for now, 16 to 19 for ever since boot.
std::optional<Throttling> throttling(const std::string& root) {
  std::string text = content_of(root + "/sys/devices/platform/soc/soc:firmware/get_throttled");
  std::string_view digits = trim(text);
  if (digits.starts_with("0x")) digits.remove_prefix(2);
  unsigned bits = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  if (digits.empty() || end.ec != std::errc{}) return std::nullopt;

  constexpr const char* kNames[] = {"under-voltage", "frequency-capped", "throttled",
                                    "temperature-limit"};
  constexpr unsigned kSinceBoot = 16;
  Throttling found;
  for (unsigned bit = 0; bit < std::size(kNames); ++bit) {
    if ((bits >> bit & 1U) != 0) found.now.emplace_back(kNames[bit]);
    if ((bits >> (bit + kSinceBoot) & 1U) != 0) found.since_boot.emplace_back(kNames[bit]);
  }
  return found;
}

}  // namespace

MachineVitals read_machine_vitals(const std::string& root) {
  MachineVitals vitals;
  const std::vector<double> uptime = numbers(content_of(root + "/proc/uptime"), 1);
  if (!uptime.empty()) vitals.uptime_seconds = uptime.front();
  vitals.load = numbers(content_of(root + "/proc/loadavg"), 3);
  vitals.cpus = std::thread::hardware_concurrency();
  const std::string meminfo = content_of(root + "/proc/meminfo");
  vitals.memory_total_bytes = memory_bytes(meminfo, "MemTotal:");
  vitals.memory_available_bytes = memory_bytes(meminfo, "MemAvailable:");
  vitals.temperature_celsius = hottest(root);
  vitals.throttling = throttling(root);
  return vitals;
}

}  // namespace bramble
