// SPDX-License-Identifier: Apache-2.0
// Which bytes a Range field asks for (RFC 9110 §14.1.2, §14.2).
//
//     bytes=0-99,50-149,9000-     overlapping, or so near that a part's head would be longer than
//        └───┬───┘    │           the gap: one part; else as many parts as were asked for, in the
//          0-149    9000-         order in which they were asked for
//
// What would cost more than it spares is answered whole: many parts (RFC 9110 §17.15), or parts
// that are as long as the file. So is an empty file: players ask for "bytes=0-" of whatever it is,
// and take a 416 for a fault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace bramble::http {

struct RangePart {
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;  // at least 1

  bool operator==(const RangePart&) const = default;
};

struct RangeChoice {
  enum class Kind : std::uint8_t {
    kWhole,          // 200: no range, one we do not understand, or one that is better ignored
    kParts,          // 206: one part, or several as multipart/byteranges
    kUnsatisfiable,  // 416
  };
  Kind kind = Kind::kWhole;
  std::vector<RangePart> parts;  // of kParts, at least one: within the size, apart from each other

  bool operator==(const RangeChoice&) const = default;
};

inline constexpr std::size_t kRangesMax = 64;         // in one field, before they are joined
inline constexpr std::uint64_t kPartHeadBytes = 128;  // about what each of several parts costs

// value: of the Range field; size: of what it is a range of.
RangeChoice choose_ranges(std::string_view value, std::uint64_t size);

// What one part of an answer is (RFC 9110 §14.4), both ends included: "bytes 0-99/1234".
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t total = 0;  // of the whole

  bool operator==(const ContentRange&) const = default;
};

// Nothing also where the total is not told, or the range does not lie within it.
std::optional<ContentRange> parse_content_range(std::string_view value);

}  // namespace bramble::http
