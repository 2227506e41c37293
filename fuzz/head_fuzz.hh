// SPDX-License-Identifier: Apache-2.0
// What holds for the head of every message: it is read the same however it comes, and what is read
// lies within what was given and holds no byte that could end a line.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/result.hh"
#include "http/request_head.hh"

namespace bramble::fuzz {

inline void check_within(std::string_view part, std::string_view head) {
  const std::less_equal<const char*> before;
  BRAMBLE_CHECK(part.empty() || (before(head.data(), part.data()) &&
                                 before(part.data() + part.size(), head.data() + head.size())));
  BRAMBLE_CHECK(part.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
}

inline void check_fields(std::span<const http::Field> fields, std::string_view head) {
  for (const http::Field& field : fields) {
    BRAMBLE_CHECK(!field.name.empty());
    check_within(field.name, head);
    check_within(field.value, head);
  }
}

// `parse` reads a head, `check` looks at what was read. The first byte of the input is how many
// bytes come at once.
template <typename Head, typename Parse, typename Check>
void check_head(std::span<const std::uint8_t> data, Parse parse, Check check) {
  using http::HeadParse;
  if (data.empty()) return;
  const std::string_view input(reinterpret_cast<const char*>(data.data()) + 1, data.size() - 1);
  const http::HeadLimits limits = {.start_line_bytes = 64, .head_bytes = 512, .fields = 8};
  Head head;
  const HeadParse whole = parse(input, 0, limits, head);
  if (whole.outcome == HeadParse::Outcome::kDone) check(head, input.substr(0, whole.bytes));

  std::size_t seen = 0;
  HeadParse cut;
  while (cut.outcome == HeadParse::Outcome::kMore && seen < input.size()) {
    const std::size_t now = std::min(input.size(), seen + 1U + data[0]);
    cut = parse(input.substr(0, now), seen, limits, head);
    seen = now;
  }
  // A fault in a line that is not whole yet may be told later, with its end.
  BRAMBLE_CHECK(cut.outcome == whole.outcome || (whole.outcome == HeadParse::Outcome::kBad &&
                                                 cut.outcome == HeadParse::Outcome::kMore));
  if (whole.outcome == HeadParse::Outcome::kDone) BRAMBLE_CHECK(cut.bytes == whole.bytes);
}

}  // namespace bramble::fuzz
