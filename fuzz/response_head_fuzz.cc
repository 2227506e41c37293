// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.hh"

#include "head_fuzz.hh"

namespace {

void check(const bramble::http::ResponseHead& head, std::string_view bytes) {
  BRAMBLE_CHECK(head.status >= 100 && head.status < 600);
  BRAMBLE_CHECK(!(head.chunked && head.length));
  bramble::fuzz::check_within(head.reason, bytes);
  bramble::fuzz::check_fields(head.fields(), bytes);
  (void)bramble::http::framing_of(head, false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bramble::fuzz::check_head<bramble::http::ResponseHead>({data, size},
                                                         bramble::http::parse_response_head, check);
  return 0;
}
