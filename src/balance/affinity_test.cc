// SPDX-License-Identifier: Apache-2.0
#include "balance/affinity.hh"

#include <gtest/gtest.h>

#include "balance/hashing.hh"

namespace bramble::balance {
namespace {

Preference of(const std::string& request, const AffinityOptions& options) {
  http::RequestHead head;
  EXPECT_EQ(http::parse_request_head(request, 0, {}, head).outcome,
            http::HeadParse::Outcome::kDone);
  return preference_of(head, options);
}

const std::string kHeadStart = "GET /a?b HTTP/1.1\r\nHost: x\r\n";

TEST(Affinity, HashesThePathWithoutItsQuery) {
  const AffinityOptions options = {.hash_by = HashBy{}, .cookie = ""};
  EXPECT_EQ(of(kHeadStart + "\r\n", options).key, hash_of("/a"));
  EXPECT_EQ(of("GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n", options).key, hash_of("/a"));
}

TEST(Affinity, HashesAHeaderInAnyCase) {
  const AffinityOptions options = {.hash_by = parse_hash_by("header:X-User").value(), .cookie = ""};
  EXPECT_EQ(of(kHeadStart + "x-user:  tom \r\n\r\n", options).key, hash_of("tom"));
  EXPECT_EQ(of(kHeadStart + "\r\n", options).key, 0U) << "no such header: no key";
}

TEST(Affinity, KnowsItsOwnCookieAmongOthers) {
  const AffinityOptions options = {.hash_by = {}, .cookie = "b"};
  const std::uint64_t token = 0x0123456789abcdefU;
  for (const char* cookies :
       {"Cookie: b=0123456789abcdef", "Cookie: a=1; b=0123456789abcdef; c=2",
        "Cookie: ab=1;b=0123456789ABCDEF", "Cookie: x=y\r\nCookie: b=0123456789abcdef"})
    EXPECT_EQ(of(kHeadStart + cookies + "\r\n\r\n", options).identity, token) << cookies;
  for (const char* cookies :
       {"Cookie: b=", "Cookie: b=0123456789abcdeg", "Cookie: b=123", "Cookie: b", "Cookie: ;;",
        "Cookie: ab=0123456789abcdef", "Cookie: B=0123456789abcdef", "X: b=0123456789abcdef"})
    EXPECT_EQ(of(kHeadStart + cookies + "\r\n\r\n", options).identity, 0U) << cookies;
}

TEST(Affinity, ReadsTheCookieThatItSets) {
  const AffinityOptions options = {.hash_by = {}, .cookie = "stay"};
  const std::string cookie = sticky_cookie("stay", hash_of("web1"));
  EXPECT_EQ(of(kHeadStart + "Cookie: " + cookie + "\r\n\r\n", options).identity, hash_of("web1"));
}

TEST(Affinity, RefusesWhatCannotBeHashedBy) {
  for (const char* text : {"", "header:", "header:a b", "query", "PATH"})
    EXPECT_FALSE(parse_hash_by(text).ok()) << text;
}

}  // namespace
}  // namespace bramble::balance
