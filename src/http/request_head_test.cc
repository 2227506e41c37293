// SPDX-License-Identifier: Apache-2.0
#include "http/request_head.hh"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace bramble::http {
namespace {

class RequestHeadTest : public ::testing::Test {
 protected:
  HeadParse parse(std::string_view text, std::size_t seen = 0) {
    return parse_request_head(text, seen, limits, *head);
  }

  // As it comes over a slow cable: one byte more each time.
  HeadParse drip(std::string_view text) {
    for (std::size_t size = 1, seen = 0; size <= text.size(); seen = size++) {
      const HeadParse parsed = parse(text.substr(0, size), seen);
      if (parsed.outcome != HeadParse::Outcome::kMore) return parsed;
    }
    return {};
  }

  void expect_fault(HeadFault fault, const std::string& text) {
    const HeadParse whole = parse(text);
    EXPECT_EQ(whole.outcome, HeadParse::Outcome::kBad) << ::testing::PrintToString(text);
    EXPECT_EQ(explain(whole.fault), explain(fault)) << ::testing::PrintToString(text);
    const HeadParse dripped = drip(text);
    EXPECT_EQ(dripped.outcome, HeadParse::Outcome::kBad) << ::testing::PrintToString(text);
    EXPECT_EQ(explain(dripped.fault), explain(fault)) << "dripped";
  }

  void expect_fine(const std::string& request) {
    kept = request;
    for (const HeadParse& parsed : {parse(kept), drip(kept)}) {
      EXPECT_EQ(parsed.outcome, HeadParse::Outcome::kDone)
          << ::testing::PrintToString(kept) << explain(parsed.fault);
      EXPECT_EQ(parsed.bytes, kept.size());
    }
  }

  std::string kept;  // what the head's views are into
  HeadLimits limits;
  std::unique_ptr<RequestHead> head = std::make_unique<RequestHead>();
};

const std::string kBrowser =
    "GET /a/b%20c.html?x=1&y=%7Cz| HTTP/1.1\r\n"
    "Host: example.org:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language:de,en-US;q=0.7\t \r\n"
    "X-Empty:\r\n"
    "X-Latin1: b\xfc"
    "cher\r\n"
    "Connection: keep-alive\r\n"
    "If-None-Match: \"abc\", W/\"def\"\r\n"
    "\r\n";

TEST_F(RequestHeadTest, ABrowsersRequestIsReadInAllItsParts) {
  kept = kBrowser + "GET /next";
  const HeadParse parsed = parse(kept);
  ASSERT_EQ(parsed.outcome, HeadParse::Outcome::kDone) << explain(parsed.fault);
  EXPECT_EQ(parsed.bytes, kBrowser.size());
  EXPECT_EQ(head->method, "GET");
  EXPECT_EQ(head->target, "/a/b%20c.html?x=1&y=%7Cz|");
  EXPECT_EQ(head->path, "/a/b%20c.html");
  EXPECT_EQ(head->query, "x=1&y=%7Cz|");
  EXPECT_EQ(head->host, "example.org:8080");
  EXPECT_EQ(head->minor_version, 1);
  EXPECT_EQ(head->fields().size(), 8U);
  EXPECT_EQ(head->fields()[3].name, "Accept-Language");
  EXPECT_EQ(head->fields()[3].value, "de,en-US;q=0.7");
  EXPECT_EQ(head->fields()[4].value, "");
  EXPECT_EQ(head->value(FieldName::kIfNoneMatch), "\"abc\", W/\"def\"");
  EXPECT_TRUE(head->persistent);
  EXPECT_EQ(head->framing, Framing{});
}

TEST_F(RequestHeadTest, AnySplitGivesTheSameHead) {
  for (std::size_t cut = 0; cut < kBrowser.size(); ++cut) {
    ASSERT_EQ(parse(std::string_view(kBrowser).substr(0, cut)).outcome, HeadParse::Outcome::kMore)
        << cut;
    const HeadParse parsed = parse(kBrowser, cut);
    ASSERT_EQ(parsed.outcome, HeadParse::Outcome::kDone) << cut;
    ASSERT_EQ(parsed.bytes, kBrowser.size());
    ASSERT_EQ(head->fields().size(), 8U);
    ASSERT_EQ(head->path, "/a/b%20c.html");
  }
  EXPECT_EQ(drip(kBrowser).bytes, kBrowser.size());
}

TEST_F(RequestHeadTest, EmptyLinesBeforeARequestArePassedOver) {
  expect_fine("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head->method, "GET");
}

TEST_F(RequestHeadTest, TheFormsOfATarget) {
  expect_fine("GET http://Example.org:81/p?q HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(head->form, TargetForm::kAbsolute);
  EXPECT_EQ(head->host, "Example.org:81") << "the target's host counts, not the field";
  EXPECT_EQ(head->path, "/p");
  EXPECT_EQ(head->query, "q");

  expect_fine("GET HTTPS://a?q HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head->path, "/");
  EXPECT_EQ(head->query, "q");

  expect_fine("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head->form, TargetForm::kAsterisk);
  EXPECT_EQ(head->host, "a");

  expect_fine("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
  EXPECT_EQ(head->form, TargetForm::kAuthority);

  expect_fine("GET //double//slash HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head->form, TargetForm::kOrigin);
  EXPECT_EQ(head->path, "//double//slash");
}

TEST_F(RequestHeadTest, WhetherTheConnectionLivesOn) {
  const auto persistent = [&](const char* version, const char* field) {
    expect_fine(std::string("GET / ") + version + "\r\nHost: a\r\n" + field + "\r\n");
    return head->persistent;
  };
  EXPECT_TRUE(persistent("HTTP/1.1", ""));
  EXPECT_FALSE(persistent("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(persistent("HTTP/1.1", "Connection: foo, CLOSE ,bar\r\n"));
  EXPECT_FALSE(persistent("HTTP/1.1", "Connection: foo\r\nConnection: close\r\n"));
  EXPECT_FALSE(persistent("HTTP/1.0", ""));
  EXPECT_TRUE(persistent("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(persistent("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

TEST_F(RequestHeadTest, WhatBodyFollows) {
  const auto framing = [&](const std::string& fields) {
    expect_fine("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    return head->framing;
  };
  EXPECT_EQ(framing("").kind, Framing::Kind::kNone);
  EXPECT_EQ(framing("Content-Length: 0\r\n").kind, Framing::Kind::kNone);
  EXPECT_EQ(framing("Content-Length: 00123\r\n"),
            (Framing{.kind = Framing::Kind::kLength, .length = 123}));
  EXPECT_EQ(framing("content-length:999999999999999999\r\n").length, 999999999999999999U);
  EXPECT_EQ(framing("Transfer-Encoding: Chunked\r\n").kind, Framing::Kind::kChunked);
}

TEST_F(RequestHeadTest, ExpectationsAndUpgrades) {
  expect_fine("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_TRUE(head->expects_continue);
  expect_fine("PUT / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n");
  EXPECT_TRUE(head->expects_otherwise);
  EXPECT_FALSE(head->expects_continue);
  expect_fine("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_TRUE(head->asks_upgrade);
  expect_fine("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_FALSE(head->asks_upgrade);
}

TEST_F(RequestHeadTest, HearsNoWishForHttp2InClearText) {
  for (const char* upgrade : {"Upgrade: h2c\r\n", "Upgrade: websocket, H2C\r\n",
                              "Upgrade: websocket\r\nUpgrade: h2c\r\n"}) {
    expect_fine("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" + std::string(upgrade) +
                "\r\n");
    EXPECT_FALSE(head->asks_upgrade) << upgrade;
  }
}

TEST_F(RequestHeadTest, OldVersionNeedsNoHost) {
  expect_fine("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(head->host, "");
  EXPECT_EQ(head->minor_version, 0);
}

TEST_F(RequestHeadTest, ABadFirstLineIsRefused) {
  const std::string rest = "\r\nHost: a\r\n\r\n";
  for (const char* line : {"GET /", "GET / ", "GET  / HTTP/1.1", "GET /  HTTP/1.1",
                           "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET / http/1.1", "GET / HTTP/11",
                           "GET / HTTP/1.", "GET / HTTP/a.1", "GET / HTTP/1.1x", "GET / HTTP/1.10",
                           "G@T / HTTP/1.1", "GET\t/ HTTP/1.1", "/ HTTP/1.1", "GET"})
    expect_fault(HeadFault::kStartLine, line + rest);
  for (const char* line : {"GET / HTTP/2.0", "GET / HTTP/1.2", "GET / HTTP/0.9", "PRI * HTTP/2.0"})
    expect_fault(HeadFault::kVersion, line + rest);
  for (const char* line :
       {"GET a HTTP/1.1", "GET * HTTP/1.1", "GET ftp://a/ HTTP/1.1", "GET http:///x HTTP/1.1",
        "GET http://u@a/ HTTP/1.1", "GET /a#b HTTP/1.1", "GET /\x01 HTTP/1.1", "GET /\x7f HTTP/1.1",
        "GET /b\xc3\xbc HTTP/1.1", "CONNECT / HTTP/1.1", "CONNECT a@b:1 HTTP/1.1",
        "GET http://a:b:c/ HTTP/1.1", "OPTIONS ** HTTP/1.1"})
    expect_fault(HeadFault::kTarget, line + rest);
  expect_fault(HeadFault::kMethodTooLong, "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM / HTTP/1.1" + rest);
  expect_fault(HeadFault::kTarget, std::string("GET /\0 HTTP/1.1", 15) + rest);
}

TEST_F(RequestHeadTest, ABadFieldLineIsRefused) {
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\n";
  expect_fault(HeadFault::kBlankBeforeColon, line + "A : b\r\n\r\n");
  expect_fault(HeadFault::kBlankBeforeColon, line + "A\t: b\r\n\r\n");
  expect_fault(HeadFault::kFold, line + "A: b\r\n c\r\n\r\n");
  expect_fault(HeadFault::kFold, line + "A: b\r\n\tc\r\n\r\n");
  expect_fault(HeadFault::kFold, "GET / HTTP/1.1\r\n Host: a\r\n\r\n");
  expect_fault(HeadFault::kFieldName, line + ": b\r\n\r\n");
  expect_fault(HeadFault::kFieldName, line + "A\r\n\r\n");
  expect_fault(HeadFault::kFieldName, line + "A(: b\r\n\r\n");
  expect_fault(HeadFault::kFieldName, line + "\xc3\x84: b\r\n\r\n");
  expect_fault(HeadFault::kFieldName, line + "A\x01: b\r\n\r\n");
  expect_fault(HeadFault::kFieldValue, line + "A: b\x01\r\n\r\n");
  expect_fault(HeadFault::kFieldValue, line + "A: b\x7f\r\n\r\n");
  expect_fault(HeadFault::kFieldValue, line + std::string("A: b\0c\r\n\r\n", 10));
  expect_fault(HeadFault::kLineEnd, line + "A: b\rc\r\n\r\n");
  expect_fault(HeadFault::kLineEnd, line + "A: b\nB: c\r\n\r\n");
  expect_fault(HeadFault::kLineEnd, line + "A: b\n\n");
  expect_fault(HeadFault::kLineEnd, line + "\n");
  expect_fault(HeadFault::kLineEnd, line + "\r\r\n");
  expect_fault(HeadFault::kLineEnd, "GET / HTTP/1.1\nHost: a\r\n\r\n");
  expect_fault(HeadFault::kLineEnd, "GET / HTTP/1.1\rHost: a\r\n\r\n");
}

TEST_F(RequestHeadTest, OneValidHostAndNoOther) {
  const std::string line = "GET / HTTP/1.1\r\n";
  expect_fault(HeadFault::kHostMissing, line + "\r\n");
  expect_fault(HeadFault::kHostMissing, "GET http://a/ HTTP/1.1\r\n\r\n");
  expect_fault(HeadFault::kHostTwice, line + "Host: a\r\nHost: a\r\n\r\n");
  expect_fault(HeadFault::kHostTwice, "GET / HTTP/1.0\r\nhost: a\r\nHOST: b\r\n\r\n");
  for (const char* host : {"", "a b", "a/b", "u@a", "a,b", "a:b", "[::1", "a\"b"})
    expect_fault(HeadFault::kHost, line + "Host: " + host + "\r\n\r\n");
}

TEST_F(RequestHeadTest, AnEndThatTwoServersCouldSeeDifferentlyIsRefused) {
  const std::string line = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const char* length : {"", "+1", "-1", "1 2", "0x10", "1.0", "1e3", "a", "1;", "\"1\"",
                             "1000000000000000000", "99999999999999999999"})
    expect_fault(HeadFault::kLength, line + "Content-Length: " + length + "\r\n\r\n");
  expect_fault(HeadFault::kLengthTwice, line + "Content-Length: 5, 5\r\n\r\n");
  expect_fault(HeadFault::kLengthTwice, line + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n");
  expect_fault(HeadFault::kLengthTwice, line + "Content-Length: 5\r\ncontent-length: 6\r\n\r\n");
  expect_fault(HeadFault::kLengthAndCoding,
               line + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect_fault(HeadFault::kLengthAndCoding,
               line + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n");
  expect_fault(HeadFault::kLengthAndCoding,
               line + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n");
  for (const char* coding :
       {"", "identity", "gzip", "chunked, gzip", "xchunked", "chunked;q=1", "chunked, chunked",
        "\"chunked\"", "chunked identity", "chunkedchunked"})
    expect_fault(HeadFault::kCodingNotFinal, line + "Transfer-Encoding: " + coding + "\r\n\r\n");
  expect_fault(HeadFault::kCodingNotFinal,
               line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect_fault(HeadFault::kCoding, line + "Transfer-Encoding: gzip, chunked\r\n\r\n");
  expect_fault(HeadFault::kCodingInOldVersion,
               "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST_F(RequestHeadTest, WhatIsPastItsLimitIsRefusedBeforeItsEndHasCome) {
  limits = {.start_line_bytes = 512, .head_bytes = 1024, .fields = 100};
  expect_fault(HeadFault::kTargetTooLong, "GET /" + std::string(512, 'a'));
  expect_fault(HeadFault::kTargetTooLong,
               "GET /" + std::string(512, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\n";
  expect_fault(HeadFault::kHeadTooLarge, line + "A: " + std::string(1024, 'b'));
  std::string empty_lines;
  for (int i = 0; i < 512; ++i) empty_lines += "\r\n";
  expect_fault(HeadFault::kHeadTooLarge, empty_lines);
  std::string many = line;
  for (int i = 0; i < 99; ++i) many += "A: b\r\n";
  expect_fine(many + "\r\n");
  expect_fault(HeadFault::kTooManyFields, many + "A: b\r\n\r\n");
}

TEST_F(RequestHeadTest, EachFaultHasItsStatus) {
  EXPECT_EQ(status_of(HeadFault::kFold), 400);
  EXPECT_EQ(status_of(HeadFault::kTargetTooLong), 414);
  EXPECT_EQ(status_of(HeadFault::kHeadTooLarge), 431);
  EXPECT_EQ(status_of(HeadFault::kTooManyFields), 431);
  EXPECT_EQ(status_of(HeadFault::kCoding), 501);
  EXPECT_EQ(status_of(HeadFault::kVersion), 505);
}

}  // namespace
}  // namespace bramble::http
