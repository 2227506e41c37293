// SPDX-License-Identifier: Apache-2.0
#include "net/address.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

TEST(Address, LiteralsAreReadAndWrittenAlike) {
  for (const char* text : {"192.168.2.5:80", "0.0.0.0:0", "[2001:db8::5]:65535", "[::]:8080"})
    EXPECT_EQ(parse_address(text).value().text(), text);
}

TEST(Address, NoHostMeansEveryAddressOfThisMachine) {
  EXPECT_EQ(parse_address(":8080").value().text(), "0.0.0.0:8080");
  EXPECT_EQ(parse_address("*:8080").value().text(), "0.0.0.0:8080");
  EXPECT_EQ(parse_address("localhost:1").value().text(), "127.0.0.1:1");
}

TEST(Address, AnIpv4InsideAnIpv6IsShownAsIpv4) {
  EXPECT_EQ(parse_address("[::ffff:10.0.0.1]:1").value().ip(), "10.0.0.1");
}

TEST(Address, WhatIsNoneIsRefusedWithTheReason) {
  const auto why = [](const char* text) { return parse_address(text).error().what; };
  EXPECT_EQ(why("192.168.2.5"), "\"192.168.2.5\" is not HOST:PORT: the port is missing");
  EXPECT_EQ(why("a:70000"),
            "\"a:70000\" is not HOST:PORT: the port must be a number from 0 to 65535");
  EXPECT_EQ(why("a:"), "\"a:\" is not HOST:PORT: the port must be a number from 0 to 65535");
  EXPECT_EQ(why("::1:80"),
            "\"::1:80\" is not HOST:PORT: write an IPv6 address in brackets, [::1]:80");
  EXPECT_EQ(why("front:80"), "\"front:80\" is not HOST:PORT: the host must be an IP address here");
}

TEST(Address, ResolvingALiteralAsksNobody) {
  const auto found = resolve("10.0.0.1:80").value();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].text(), "10.0.0.1:80");
}

}  // namespace
}  // namespace bramble
