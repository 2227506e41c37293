// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hh"

namespace bramble::lab {

// How much a cable carries, in each direction.
struct Rate {
  std::uint64_t bits_per_second = 0;

  // "100mbit", "512kbit", "1gbit": as tc(8) writes it.
  static Result<Rate> parse(std::string_view text);
  std::string text() const;

  // The bucket of a token-bucket filter: 10 ms worth, but never less than a segment of 64 KiB,
  // which would not pass at all.
  std::uint64_t burst_bytes() const;

  bool operator==(const Rate&) const = default;
};

}  // namespace bramble::lab
