// SPDX-License-Identifier: Apache-2.0
#include "http/request_head.hh"

#include "head_fuzz.hh"

namespace {

void check(const bramble::http::RequestHead& head, std::string_view bytes) {
  using Kind = bramble::http::Framing::Kind;
  BRAMBLE_CHECK(!head.method.empty() && !head.target.empty());
  BRAMBLE_CHECK(head.minor_version <= 1);
  BRAMBLE_CHECK(head.framing.kind == Kind::kNone || head.framing.kind == Kind::kLength ||
                head.framing.kind == Kind::kChunked);
  for (const std::string_view part : {head.method, head.target, head.host})
    bramble::fuzz::check_within(part, bytes);
  BRAMBLE_CHECK(head.method.find(' ') == std::string_view::npos);
  BRAMBLE_CHECK(head.target.find(' ') == std::string_view::npos);
  bramble::fuzz::check_fields(head.fields(), bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bramble::fuzz::check_head<bramble::http::RequestHead>({data, size},
                                                        bramble::http::parse_request_head, check);
  return 0;
}
