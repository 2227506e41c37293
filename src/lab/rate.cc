// SPDX-License-Identifier: Apache-2.0
#include "lab/rate.hh"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hh"

namespace bramble::lab {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 3> kUnits = {
    {{"gbit", 1'000'000'000}, {"mbit", 1'000'000}, {"kbit", 1'000}}};
constexpr std::uint64_t kSlowest = 8'000;  // bits a second
constexpr std::uint64_t kFastest = 100'000'000'000;
constexpr std::uint64_t kSegmentBytes = 65'536;  // the largest that offloading makes

}  // namespace

Result<Rate> Rate::parse(std::string_view text) {
  for (const auto& [unit, factor] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const std::optional<std::uint64_t> number = parse_number(text.substr(0, text.size() - 4));
    if (!number || *number > kFastest / factor || *number * factor < kSlowest) break;
    return Rate{*number * factor};
  }
  return failure("\"" + std::string(text) +
                 "\" is not a rate: use a number with kbit, mbit or gbit, such as 100mbit");
}

std::string Rate::text() const {
  for (const auto& [unit, factor] : kUnits)
    if (bits_per_second % factor == 0)
      return std::to_string(bits_per_second / factor) + std::string(unit);
  return std::to_string(bits_per_second) + "bit";
}

std::uint64_t Rate::burst_bytes() const { return std::max(bits_per_second / 800, kSegmentBytes); }

}  // namespace bramble::lab
