// SPDX-License-Identifier: Apache-2.0
#include "balance/forwarding.hh"

#include <gmock/gmock.h>

namespace bramble::balance {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string forwarded(const std::string& request, bool upgrade = false) {
  http::RequestHead head;
  const http::HeadParse parsed = http::parse_request_head(request, 0, {}, head);
  EXPECT_EQ(parsed.outcome, http::HeadParse::Outcome::kDone) << http::explain(parsed.fault);
  std::string out;
  append_request_head(out, head,
                      {.client_ip = "203.0.113.9", .request_id = "id1", .upgrade = upgrade});
  return out;
}

std::string answered(const std::string& answer, const AnswerForwarding& forwarding = {}) {
  http::ResponseHead head;
  const http::HeadParse parsed = http::parse_response_head(answer, 0, {}, head);
  EXPECT_EQ(parsed.outcome, http::HeadParse::Outcome::kDone) << http::explain(parsed.fault);
  std::string out;
  append_answer_head(out, head, forwarding);
  return out;
}

TEST(RequestForwarding, WritesAWholeHead) {
  EXPECT_EQ(forwarded("GET /a?b HTTP/1.0\r\nHost: x\r\nA: b\r\n\r\n"),
            "GET /a?b HTTP/1.1\r\nHost: x\r\nA: b\r\nX-Forwarded-For: 203.0.113.9\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: x\r\nX-Request-Id: id1\r\n"
            "Via: 1.1 bramble\r\n\r\n");
}

TEST(RequestForwarding, PutsTheHostOfTheTargetFirst) {
  EXPECT_THAT(forwarded("GET http://y:81?q HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("GET /?q HTTP/1.1\r\nHost: y:81\r\nX-Forwarded-For"));
  EXPECT_THAT(forwarded("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("OPTIONS * HTTP/1.1\r\nHost: x\r\n"));
}

TEST(RequestForwarding, GivesARequestWithoutHostOne) {
  EXPECT_THAT(forwarded("GET / HTTP/1.0\r\n\r\n"), HasSubstr("\r\nHost: localhost\r\n"));
}

const std::string kTold =
    "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n"
    "X-Forwarded-Proto: https\r\nX-Forwarded-Host: y\r\nForwarded: for=1.1.1.1\r\n"
    "X-Forwarded-Port: 443\r\nX-forwarded_Prefix: /a\r\nX_Forwarded_For: 3.3.3.3\r\n"
    "X-Request-ID: theirs\r\n\r\n";

std::string told(const RequestForwarding& forwarding, const std::string& request = kTold) {
  http::RequestHead head;
  EXPECT_EQ(http::parse_request_head(request, 0, {}, head).outcome,
            http::HeadParse::Outcome::kDone);
  std::string out;
  append_request_head(out, head, forwarding);
  return out;
}

TEST(RequestForwarding, TakesOffWhatAVisitorTellsOfItself) {
  EXPECT_EQ(told({.client_ip = "203.0.113.9", .request_id = "id1"}),
            "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: x\r\nX-Request-Id: id1\r\n"
            "Via: 1.1 bramble\r\n\r\n");
}

TEST(RequestForwarding, GoesOnWithWhatATrustedSenderTells) {
  EXPECT_EQ(told({.client_ip = "10.0.0.1", .request_id = "theirs", .trusted = true}),
            "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Port: 443\r\nX-forwarded_Prefix: /a\r\n"
            "X_Forwarded_For: 3.3.3.3\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2, 10.0.0.1\r\n"
            "X-Forwarded-Proto: https\r\nX-Forwarded-Host: y\r\nForwarded: for=1.1.1.1\r\n"
            "X-Request-Id: theirs\r\nVia: 1.1 bramble\r\n\r\n");
}

TEST(RequestForwarding, TellsInForwardedWhereAskedFor) {
  EXPECT_THAT(told({.client_ip = "10.0.0.1", .trusted = true, .forwarded = true}),
              HasSubstr("\r\nForwarded: for=1.1.1.1, for=10.0.0.1;host=\"x\";proto=http\r\n"));
  EXPECT_THAT(told({.client_ip = "2001:db8::1", .forwarded = true}),
              HasSubstr("\r\nForwarded: for=\"[2001:db8::1]\";host=\"x\";proto=http\r\n"));
}

TEST(RequestForwarding, WritesTheCodingAnew) {
  EXPECT_THAT(forwarded("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: , CHUNKED ,\r\n\r\n"),
              HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
}

TEST(RequestForwarding, AsksForAnUpgradeOnlyWhereTheClientDoes) {
  const std::string request =
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  EXPECT_THAT(forwarded(request, true), HasSubstr("Connection: upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(forwarded(request, false), Not(HasSubstr("pgrade")));
}

TEST(RequestForwarding, TakesOffWhatConnectionNames) {
  EXPECT_EQ(forwarded("GET / HTTP/1.1\r\nHost: x\r\nConnection: cookie, Range, X-A\r\nCookie: a\r\n"
                      "Range: bytes=0-1\r\nX-A: 1\r\nX-B: 2\r\n\r\n"),
            forwarded("GET / HTTP/1.1\r\nHost: x\r\nX-B: 2\r\n\r\n"));
}

TEST(RequestForwarding, LetsNobodyNameFramingAndIdentityAway) {
  const std::string fields =
      "Host: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nAuthorization: a\r\n";
  EXPECT_EQ(forwarded("POST / HTTP/1.1\r\n" + fields +
                      "Connection: host, content-length, expect, authorization, via, "
                      "x-forwarded-for, x-request-id\r\n\r\n"),
            forwarded("POST / HTTP/1.1\r\n" + fields + "\r\n"));
}

TEST(AnswerForwarding, WritesAWholeHead) {
  EXPECT_EQ(answered("HTTP/1.0 200 Fine\r\nContent-Length: 3\r\nConnection: x-a, close\r\n"
                     "X-A: 1\r\nX-B: 2\r\n\r\n"),
            "HTTP/1.1 200 Fine\r\nContent-Length: 3\r\nX-B: 2\r\nVia: 1.1 bramble\r\n\r\n");
}

TEST(AnswerForwarding, SaysWhatBecomesOfTheConnection) {
  const std::string answer = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_THAT(answered(answer), Not(HasSubstr("Connection")));
  EXPECT_THAT(answered(answer, {.persistence = Persistence::kClose}),
              HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answered(answer, {.persistence = Persistence::kKeepAlive}),
              HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST(AnswerForwarding, TakesTheFramingOffWhereNoBodyCanBe) {
  for (const char* start : {"HTTP/1.1 204 No Content\r\n", "HTTP/1.1 103 Early Hints\r\n"}) {
    EXPECT_THAT(answered(std::string(start) + "Content-Length: 5\r\n\r\n"),
                Not(HasSubstr("Content-Length")));
    EXPECT_THAT(answered(std::string(start) + "Transfer-Encoding: chunked\r\n\r\n"),
                Not(HasSubstr("Transfer-Encoding")));
  }
  EXPECT_THAT(answered("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
              HasSubstr("Content-Length: 5"));
}

}  // namespace
}  // namespace bramble::balance
