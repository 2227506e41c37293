// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.hh"

#include <gtest/gtest.h>

#include <string>

namespace bramble::http {
namespace {

struct Seen {
  std::size_t bytes = 0;
  ChunkedBody::Outcome outcome = ChunkedBody::Outcome::kMore;
};

Seen follow(std::string_view input, std::size_t split) {
  ChunkedBody body;
  Seen seen;
  for (const std::string_view piece : {input.substr(0, split), input.substr(split)}) {
    if (seen.outcome != ChunkedBody::Outcome::kMore) break;
    const ChunkedBody::Progress progress = body.feed(piece);
    seen.bytes += progress.bytes;
    seen.outcome = progress.outcome;
  }
  return seen;
}

void expect_end(std::string_view body, std::string_view rest) {
  const std::string input = std::string(body) + std::string(rest);
  for (std::size_t split = 0; split <= input.size(); ++split) {
    const Seen seen = follow(input, split);
    EXPECT_EQ(seen.outcome, ChunkedBody::Outcome::kDone) << input << " split at " << split;
    EXPECT_EQ(seen.bytes, body.size()) << input << " split at " << split;
  }
}

void expect_bad(const std::string& input) {
  for (std::size_t split = 0; split <= input.size(); ++split)
    EXPECT_EQ(follow(input, split).outcome, ChunkedBody::Outcome::kBad)
        << testing::PrintToString(input) << " split at " << split;
}

TEST(ChunkedBody, EndsAfterTheLastChunkWhateverFollows) {
  const std::string next = "GET / HTTP/1.1\r\n";
  expect_end("0\r\n\r\n", next);
  expect_end("5\r\nhello\r\n0\r\n\r\n", next);
  expect_end("1\r\na\r\n1\r\nb\r\n000\r\n\r\n", "0\r\n\r\n");
  expect_end("A\r\n0123456789\r\n0\r\n\r\n", next);
  expect_end("0a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", "");
}

TEST(ChunkedBody, MayHaveExtensionsAndTrailers) {
  expect_end("5;name=value\r\nhello\r\n0;last\r\n\r\n", "x");
  expect_end("5;q=\"a b\"\r\nhello\r\n0\r\n\r\n", "x");
  expect_end("0\r\nDigest: abc\r\nX-Empty:\r\n\r\n", "x");
}

TEST(ChunkedBody, IsNotOverBeforeItsEnd) {
  const std::string whole = "5\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t n = 0; n < whole.size(); ++n) {
    ChunkedBody body;
    EXPECT_EQ(body.feed(std::string_view(whole).substr(0, n)).outcome, ChunkedBody::Outcome::kMore)
        << n;
  }
}

TEST(ChunkedBody, RefusesWhatTwoReadersCouldReadDifferently) {
  for (const char* bad : {"\r\n",
                          ";ext\r\n",
                          "g\r\n",
                          "-1\r\n",
                          "+5\r\nhello",
                          "0x5\r\nhello",
                          " 5\r\nhello",
                          "5 \r\nhello",
                          "5 ;a\r\nhello",
                          "5\t\r\nhello",
                          "5,5\r\n",
                          "5\nhello",
                          "5\rhello",
                          "5\r\r\n",
                          "5;a\nhello",
                          "5;a\x01\r\n",
                          "5\r\nhelloX",
                          "5\r\nhello\n",
                          "5\r\nhello\r0",
                          "5\r\nhello\r\n\r\n",
                          "1234567890123456\r\n",
                          "FFFFFFFFFFFFFFFFF\r\n",
                          "0\r\nno colon\r\n",
                          "0\r\nname : v\r\n",
                          "0\r\n folded: v\r\n",
                          "5;a=\"b\r\n",
                          "5;a=\"b\\\"\r\n",
                          "0\r\nContent-Length: 5\r\n",
                          "0\r\nA: b\r\ntransfer-ENCODING: chunked\r\n",
                          "0\r\nHost: x\r\n",
                          "0\r\nX-Forwarded-For: 1.2.3.4\r\n",
                          "0\r\nX-Forwarded-Port: 443\r\n",
                          "0\r\nx_forwarded_For: 1.2.3.4\r\n",
                          "0\r\nA: b\n\r\n",
                          "0\r\nA: b\r\n c\r\n",
                          "0\r\n: v\r\n",
                          "0\r\nA: \x7f\r\n",
                          "0\r\n\rX",
                          "0\r\n\n"})
    expect_bad(bad);
  expect_bad(std::string("5;\0\r\n", 5));
}

TEST(ChunkedBody, RefusesEndlessExtensionsAndTrailers) {
  expect_bad("5;" + std::string(ChunkedBody::kSizeLineBytesMax, 'a'));
  std::string trailers = "0\r\n";
  while (trailers.size() <= ChunkedBody::kTrailerBytesMax + 3) trailers += "A: bcdefgh\r\n";
  ChunkedBody body;
  EXPECT_EQ(body.feed(trailers + "A: bcdefgh\r\n").outcome, ChunkedBody::Outcome::kBad);
}

TEST(ChunkedBody, TellsHowMuchMayPassUnseen) {
  ChunkedBody body;
  EXPECT_EQ(body.data_left(), 0U);
  body.feed("10\r\nab");
  EXPECT_EQ(body.data_left(), 14U);
  body.skip(14);
  EXPECT_EQ(body.data_left(), 0U);
  EXPECT_EQ(body.feed("\r\n0\r\n\r\n").outcome, ChunkedBody::Outcome::kDone);
}

}  // namespace
}  // namespace bramble::http
