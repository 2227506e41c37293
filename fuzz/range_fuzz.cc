// SPDX-License-Identifier: Apache-2.0
// Whatever a Range field says of a file of any size, the parts lie within it and apart from each
// other, and several are shorter than the whole. The input: the size in decimal, a line end, the
// value.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hh"
#include "base/text.hh"
#include "http/range.hh"

namespace {

using bramble::http::RangeChoice;
using bramble::http::RangePart;

void check_parts(const RangeChoice& choice, std::uint64_t size) {
  BRAMBLE_CHECK(!choice.parts.empty() && choice.parts.size() <= bramble::http::kRangesMax);
  std::uint64_t bytes = 0;
  for (const RangePart& part : choice.parts) {
    BRAMBLE_CHECK(part.bytes > 0 && part.first < size && part.bytes <= size - part.first);
    bytes += part.bytes;
    for (const RangePart& other : choice.parts) {
      if (&other == &part) continue;
      const bool before = part.first + part.bytes <= other.first;
      const bool behind = other.first + other.bytes <= part.first;
      BRAMBLE_CHECK(before || behind);
      const std::uint64_t gap =
          before ? other.first - part.first - part.bytes : part.first - other.first - other.bytes;
      BRAMBLE_CHECK(gap > bramble::http::kPartHeadBytes);
    }
  }
  BRAMBLE_CHECK(choice.parts.size() == 1 || bytes < size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::optional<std::uint64_t> file_bytes = bramble::parse_number(input.substr(0, line));
  if (!file_bytes || *file_bytes > INT64_MAX) return 0;
  const RangeChoice choice = bramble::http::choose_ranges(input.substr(line + 1), *file_bytes);
  if (choice.kind == RangeChoice::Kind::kParts)
    check_parts(choice, *file_bytes);
  else
    BRAMBLE_CHECK(choice.parts.empty());
  return 0;
}
