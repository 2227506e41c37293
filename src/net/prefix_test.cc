// SPDX-License-Identifier: Apache-2.0
#include "net/prefix.hh"

#include <gtest/gtest.h>

#include <string>

namespace bramble {
namespace {

bool in(const char* prefix, const std::string& ip) {
  const bool v6 = ip.find(':') != std::string::npos;
  return parse_prefix(prefix).value().contains(
      parse_address(v6 ? "[" + ip + "]:1" : ip + ":1").value());
}

TEST(Prefix, ContainsWhatBeginsWithItsBits) {
  EXPECT_TRUE(in("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(in("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(in("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(in("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(in("0.0.0.0/0", "203.0.113.9"));
  EXPECT_TRUE(in("2001:db8::/32", "2001:db8:1::1"));
  EXPECT_FALSE(in("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(Prefix, OfAnAddressContainsThatAlone) {
  EXPECT_TRUE(in("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(in("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(in("::1", "::1"));
  EXPECT_FALSE(in("::1", "::2"));
}

TEST(Prefix, DoesNotTakeOneFamilyForTheOther) {
  EXPECT_FALSE(in("0.0.0.0/0", "::1"));
  EXPECT_FALSE(in("::/0", "10.0.0.1"));
  EXPECT_TRUE(in("10.0.0.0/8", "::ffff:10.1.2.3")) << "an IPv4 in disguise";
}

TEST(Prefix, RefusesWhatIsNone) {
  for (const char* text : {"", "10", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/8",
                           "::/129", "fe80::1/64", "localhost", "10.0.0.0/8/8", "10.0.0.0 /8"})
    EXPECT_FALSE(parse_prefix(text).ok()) << text;
}

}  // namespace
}  // namespace bramble
