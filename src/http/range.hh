// SPDX-License-Identifier: Apache-2.0
// Which bytes a Range field asks for (RFC 9110 §14.1.2, §14.2).
#pragma once

#include <cstdint>
#include <string_view>

namespace bramble::http {

struct RangeChoice {
  enum class Kind : std::uint8_t {
    kWhole,          // 200: no range, one we do not understand, or several
    kPart,           // 206: `bytes` from `first`
    kUnsatisfiable,  // 416
  };
  Kind kind = Kind::kWhole;
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;  // at least 1 where kPart

  bool operator==(const RangeChoice&) const = default;
};

// value: of the Range field; size: of what it is a range of.
RangeChoice choose_range(std::string_view value, std::uint64_t size);

}  // namespace bramble::http
