// SPDX-License-Identifier: Apache-2.0
// A request's head must be read the same however it comes, and what is read must lie within what
// was given and hold no byte that could end a line. The first byte of the input chooses the cut.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.hh"
#include "http/request_head.hh"

namespace {

using bramble::http::Field;
using bramble::http::HeadParse;
using bramble::http::RequestHead;

void check_within(std::string_view part, std::string_view head) {
  const std::less_equal<const char*> before;
  BRAMBLE_CHECK(part.empty() || (before(head.data(), part.data()) &&
                                 before(part.data() + part.size(), head.data() + head.size())));
  BRAMBLE_CHECK(part.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
}

void check(const RequestHead& head, std::string_view bytes) {
  using Kind = bramble::http::Framing::Kind;
  BRAMBLE_CHECK(!head.method.empty() && !head.target.empty());
  BRAMBLE_CHECK(head.minor_version <= 1);
  BRAMBLE_CHECK(head.framing.kind == Kind::kNone || head.framing.kind == Kind::kLength ||
                head.framing.kind == Kind::kChunked);
  for (const std::string_view part : {head.method, head.target, head.host})
    check_within(part, bytes);
  BRAMBLE_CHECK(head.method.find(' ') == std::string_view::npos);
  BRAMBLE_CHECK(head.target.find(' ') == std::string_view::npos);
  for (const Field& field : head.fields()) {
    BRAMBLE_CHECK(!field.name.empty());
    check_within(field.name, bytes);
    check_within(field.value, bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bramble::http::HeadLimits limits = {.start_line_bytes = 64, .head_bytes = 512, .fields = 8};
  RequestHead head;
  const HeadParse whole = bramble::http::parse_request_head(input, 0, limits, head);
  if (whole.outcome == HeadParse::Outcome::kDone) check(head, input.substr(0, whole.bytes));

  std::size_t seen = 0;
  HeadParse cut;
  while (cut.outcome == HeadParse::Outcome::kMore && seen < input.size()) {
    const std::size_t now = std::min(input.size(), seen + 1U + data[0]);
    cut = bramble::http::parse_request_head(input.substr(0, now), seen, limits, head);
    seen = now;
  }
  // A fault in a line that is not whole yet may be told later, with its end.
  BRAMBLE_CHECK(cut.outcome == whole.outcome || (whole.outcome == HeadParse::Outcome::kBad &&
                                                 cut.outcome == HeadParse::Outcome::kMore));
  if (whole.outcome == HeadParse::Outcome::kDone) BRAMBLE_CHECK(cut.bytes == whole.bytes);
  return 0;
}
