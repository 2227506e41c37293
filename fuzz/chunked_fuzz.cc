// SPDX-License-Identifier: Apache-2.0
// However a chunked body is cut into pieces, its end must be seen at the same byte; and the decoded
// data must not depend on it. The first byte of the input chooses the cut.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hh"
#include "http/body.hh"

namespace {

using bramble::http::Body;
using Outcome = Body::Outcome;

struct Seen {
  Outcome outcome = Outcome::kMore;
  std::size_t bytes = 0;
  std::string data;
};

Seen follow(std::string_view input, std::size_t piece_bytes, bool decode) {
  Body body({.kind = bramble::http::Framing::Kind::kChunked});
  Seen seen;
  while (seen.bytes < input.size() && seen.outcome == Outcome::kMore) {
    const std::string_view piece = input.substr(seen.bytes, piece_bytes);
    const Body::Progress progress = decode ? body.decode(piece, seen.data) : body.feed(piece);
    BRAMBLE_CHECK(progress.bytes <= piece.size());
    BRAMBLE_CHECK(progress.bytes == piece.size() || progress.outcome != Outcome::kMore);
    seen.bytes += progress.bytes;
    seen.outcome = progress.outcome;
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Seen whole = follow(input, input.size(), false);
  const Seen cut = follow(input, 1U + data[0], false);
  const Seen decoded = follow(input, input.size(), true);
  const Seen decoded_cut = follow(input, 1U + data[0], true);
  for (const Seen* other : {&cut, &decoded, &decoded_cut})
    BRAMBLE_CHECK(other->outcome == whole.outcome && other->bytes == whole.bytes);
  BRAMBLE_CHECK(decoded.data == decoded_cut.data);
  return 0;
}
