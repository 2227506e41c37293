// SPDX-License-Identifier: Apache-2.0
#include "balance/trust.hh"

#include <gtest/gtest.h>

#include <string>

namespace bramble::balance {
namespace {

std::string visitor(const std::string& fields) {
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
  http::RequestHead head;
  EXPECT_EQ(http::parse_request_head(request, 0, {}, head).outcome,
            http::HeadParse::Outcome::kDone);
  const TrustOptions options = {
      .forwarded_from = {parse_prefix("10.0.0.0/8").value(), parse_prefix("fd00::/8").value()},
      .send_proxy = {}};
  return std::string(visitor_of(head, "10.0.0.1", options));
}

TEST(Trust, FindsTheVisitorBehindItsProxies) {
  EXPECT_EQ(visitor(""), "10.0.0.1");
  EXPECT_EQ(visitor("X-Forwarded-For: 203.0.113.9\r\n"), "203.0.113.9");
  EXPECT_EQ(visitor("X-Forwarded-For: 203.0.113.9, 10.0.0.7\r\n"), "203.0.113.9");
  EXPECT_EQ(visitor("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: fd00::7\r\n"), "203.0.113.9");
  EXPECT_EQ(visitor("X-Forwarded-For: 2001:db8::1, [fd00::7]:80, 10.0.0.7:4711\r\n"),
            "2001:db8::1");
}

TEST(Trust, DoesNotBelieveWhatTheVisitorItselfWrote) {
  EXPECT_EQ(visitor("X-Forwarded-For: 127.0.0.1, 203.0.113.9, 10.0.0.7\r\n"), "203.0.113.9");
}

TEST(Trust, StopsAtWhatIsNoAddress) {
  EXPECT_EQ(visitor("X-Forwarded-For: 203.0.113.9, unknown, 10.0.0.7\r\n"), "10.0.0.7");
  EXPECT_EQ(visitor("X-Forwarded-For: *\r\n"), "10.0.0.1");
  EXPECT_EQ(visitor("X-Forwarded-For: localhost\r\n"), "10.0.0.1");
  EXPECT_EQ(visitor("X-Forwarded-For: [::1\r\n"), "10.0.0.1");
  EXPECT_EQ(visitor("X-Forwarded-For: ]:1\r\n"), "10.0.0.1");
}

}  // namespace
}  // namespace bramble::balance
