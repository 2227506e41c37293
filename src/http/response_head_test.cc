// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.hh"

#include <gtest/gtest.h>

#include <string>

namespace bramble::http {
namespace {

using Kind = Framing::Kind;

// The outcome must not depend on how the bytes came.
HeadParse parse(const std::string& text, ResponseHead& head, const HeadLimits& limits = {}) {
  const HeadParse whole = parse_response_head(text, 0, limits, head);
  for (std::size_t split = 1; split < text.size(); ++split) {
    const std::string_view first = std::string_view(text).substr(0, split);
    const HeadParse before = parse_response_head(first, 0, limits, head);
    if (before.outcome == HeadParse::Outcome::kDone) continue;
    HeadParse after = before;
    if (before.outcome == HeadParse::Outcome::kMore)
      after = parse_response_head(text, split, limits, head);
    EXPECT_EQ(after.outcome, whole.outcome) << text << " split at " << split;
    EXPECT_EQ(after.fault, whole.fault) << text << " split at " << split;
    EXPECT_EQ(after.bytes, whole.bytes) << text << " split at " << split;
  }
  return parse_response_head(text, 0, limits, head);
}

TEST(ResponseHead, IsReadFromItsBytes) {
  ResponseHead head;
  const std::string text =
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 12\r\nETag: \"a\"\r\n\r\n";
  const std::string input = text + "body";
  const HeadParse parsed = parse(input, head);
  ASSERT_EQ(parsed.outcome, HeadParse::Outcome::kDone);
  EXPECT_EQ(parsed.bytes, text.size());
  EXPECT_EQ(head.status, 206);
  EXPECT_EQ(head.reason, "Partial Content");
  EXPECT_EQ(head.length, 12U);
  EXPECT_TRUE(head.persistent);
  EXPECT_EQ(head.fields()[1].value, "\"a\"");
}

TEST(ResponseHead, MayLackAReason) {
  ResponseHead head;
  for (const char* text : {"HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 200\r\n\r\n"}) {
    ASSERT_EQ(parse(text, head).outcome, HeadParse::Outcome::kDone) << text;
    EXPECT_EQ(head.reason, "");
  }
}

TEST(ResponseHead, TellsWhetherTheConnectionLivesOn) {
  ResponseHead head;
  const auto persistent = [&](const std::string& text) {
    EXPECT_EQ(parse(text, head).outcome, HeadParse::Outcome::kDone) << text;
    return head.persistent;
  };
  EXPECT_TRUE(persistent("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_FALSE(persistent("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n"));
  EXPECT_FALSE(persistent("HTTP/1.0 200 OK\r\n\r\n"));
  EXPECT_TRUE(persistent("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(ResponseHead, TellsWhatFollows) {
  ResponseHead head;
  const auto framing = [&](const std::string& text, bool to_head = false) {
    EXPECT_EQ(parse(text, head).outcome, HeadParse::Outcome::kDone) << text;
    return framing_of(head, to_head);
  };
  const std::string length = "Content-Length: 5\r\n\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\n" + length), (Framing{Kind::kLength, 5}));
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\n" + length, true), Framing{});
  EXPECT_EQ(framing("HTTP/1.1 304 Not Modified\r\n" + length), Framing{});
  EXPECT_EQ(framing("HTTP/1.1 204 No Content\r\n\r\n"), Framing{});
  EXPECT_EQ(framing("HTTP/1.1 100 Continue\r\n\r\n"), Framing{});
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\n" + chunked), (Framing{Kind::kChunked, 0}));
  EXPECT_EQ(framing("HTTP/1.1 304 Not Modified\r\n" + chunked), Framing{});
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\n\r\n"), (Framing{Kind::kUntilClose, 0}));
  EXPECT_EQ(framing("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Framing{});
  EXPECT_EQ(framing("HTTP/1.1 101 Switching Protocols\r\n\r\n"), (Framing{Kind::kTunnel, 0}));
}

TEST(ResponseHead, IsRefusedWhereTwoReadersCouldReadItDifferently) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<std::pair<std::string, HeadFault>> cases = {
      {"HTTP/1.1 200 OK\n\n", HeadFault::kLineEnd},
      {"HTTP/1.1 200\n", HeadFault::kLineEnd},
      {"HTTP/1.1 200 O\rK\r\n", HeadFault::kLineEnd},
      {"HTTP/1.1  200 OK\r\n", HeadFault::kStartLine},
      {"HTTP/1.1 20 OK\r\n", HeadFault::kStartLine},
      {"HTTP/1.1 2000 OK\r\n", HeadFault::kStartLine},
      {"HTTP/1.1 2e2 OK\r\n", HeadFault::kStartLine},
      {"HTTP/1.1 099 OK\r\n", HeadFault::kStartLine},
      {"HTTP/1.1 600 OK\r\n", HeadFault::kStartLine},
      {"HTTP/1.1\t200 OK\r\n", HeadFault::kStartLine},
      {"http/1.1 200 OK\r\n", HeadFault::kStartLine},
      {"HTTP/1.12 200 OK\r\n", HeadFault::kStartLine},
      {"HTTP/2.0 200 OK\r\n", HeadFault::kVersion},
      {"HTTP/1.2 200 OK\r\n", HeadFault::kVersion},
      {"garbage\r\n\r\n", HeadFault::kStartLine},
      {"\r\nHTTP/1.1 200 OK\r\n", HeadFault::kStartLine},
      {"<html>hello", HeadFault::kStartLine},
      {ok + "A : b\r\n\r\n", HeadFault::kBlankBeforeColon},
      {ok + "A: b\r\n c\r\n\r\n", HeadFault::kFold},
      {ok + "A: b\n\r\n", HeadFault::kLineEnd},
      {ok + "A: \x01\r\n\r\n", HeadFault::kFieldValue},
      {ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", HeadFault::kLengthTwice},
      {ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", HeadFault::kLengthTwice},
      {ok + "Content-Length: 5, 5\r\n\r\n", HeadFault::kLengthTwice},
      {ok + "Content-Length: +5\r\n\r\n", HeadFault::kLength},
      {ok + "Content-Length: -1\r\n\r\n", HeadFault::kLength},
      {ok + "Content-Length: 0x5\r\n\r\n", HeadFault::kLength},
      {ok + "Content-Length:\r\n\r\n", HeadFault::kLength},
      {ok + "Content-Length: 99999999999999999999\r\n\r\n", HeadFault::kLength},
      {ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", HeadFault::kLengthAndCoding},
      {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", HeadFault::kCoding},
      {ok + "Transfer-Encoding: xchunked\r\n\r\n", HeadFault::kCodingNotFinal},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HeadFault::kCodingInOldVersion},
  };
  for (const auto& [text, fault] : cases) {
    ResponseHead head;
    const HeadParse parsed = parse(text, head);
    EXPECT_EQ(parsed.outcome, HeadParse::Outcome::kBad) << text;
    EXPECT_EQ(parsed.fault, fault) << text << ": " << explain(parsed.fault);
  }
}

TEST(ResponseHead, IsRefusedPastItsLimits) {
  ResponseHead head;
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(parse(many + "\r\n", head).fault, HeadFault::kTooManyFields);
  const std::string large = "HTTP/1.1 200 OK\r\nA: " + std::string(300, 'a');
  EXPECT_EQ(parse(large, head, {.head_bytes = 200}).fault, HeadFault::kHeadTooLarge);
}

}  // namespace
}  // namespace bramble::http
