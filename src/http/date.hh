// SPDX-License-Identifier: Apache-2.0
// Dates of HTTP (RFC 9110 §5.6.7).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hh"

namespace bramble::http {

using DateText = std::array<char, 29>;  // "Sun, 06 Nov 1994 08:49:37 GMT"

// Seconds since 1970, years 1 to 9999.
DateText format_date(std::int64_t seconds);

// Any of the three forms: IMF-fixdate, RFC 850, asctime. A year of two digits is taken for the
// last one with these digits that is not more than 50 years after `now`. The day's name is not
// checked against the date; anything else that is not right gives nothing.
std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now);

// The text of now, made anew only when another second has come.
class CurrentDate {
 public:
  std::string_view at(WallTime now);

 private:
  std::int64_t second_ = -1;
  DateText text_{};
};

}  // namespace bramble::http
