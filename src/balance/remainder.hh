// SPDX-License-Identifier: Apache-2.0
// Which bytes of which representation an answer is, and whether another answer is the rest of it.
//
//     200, ETag "a", Content-Length 900             bytes 0 to 899 of 900 of "a"
//     206, ETag "a", Content-Range bytes 9-99/900   bytes 9 to 99 of 900 of "a"
//
//     the client has 50 of these, and their backend is gone:
//     GET …, Range: bytes=59-99, If-Match: "a", If-Range: "a"
//     206, ETag "a", Content-Range bytes 59-99/900, Content-Length 41     the rest; nothing else is
//
// Only a strong ETag names bytes (RFC 9110 §8.8.3.2); one that Content-Encoding goes with names the
// coded ones, so both must be the same. So must Vary, which a 206 has where the 200 has it
// (§15.3.7): who chooses among representations by other fields may have chosen another one. What a
// 206 need not tell, type and language, must be the same where it does. Some servers (nginx) make
// ETags of the second of modification: what was changed in this very second may change once more
// and keep its ETag, so it is left alone until it has settled. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/response_head.hh"

namespace bramble::balance {

class Remainder {
 public:
  // Forgets what it knew, and takes what the answer to a GET says of itself. False: of such an
  // answer no rest can be asked for; nor of one whose Last-Modified is less than `settle` before
  // its Date.
  bool take(const http::ResponseHead& head, std::chrono::seconds settle);
  void forget() { known_ = false; }

  bool known() const { return known_; }

  std::uint64_t bytes() const { return last_ - first_ + 1; }

  // Whether this answer is exactly these bytes of the body, end not included.
  bool is_part(const http::ResponseHead& head, std::uint64_t begin, std::uint64_t end) const;

  // A GET's head, whole and without a body behind it, which may ask for a part already, is made to
  // ask for this one.
  void ask_for_part(std::string& request_head, std::uint64_t begin, std::uint64_t end) const;

 private:
  bool known_ = false;
  std::string etag_;    // with its quotes
  std::string coding_;  // Content-Encoding, "" where there is none
  std::string vary_;    // all lines, in lower case
  std::string type_;    // Content-Type
  std::string language_;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace bramble::balance
