// SPDX-License-Identifier: Apache-2.0
#include "http/host.hh"

#include <gtest/gtest.h>

namespace bramble::http {
namespace {

TEST(Host, NamesAndAddressesWithAndWithoutAPort) {
  for (const char* text : {"example.org", "example.org:80", "example.org:", "example.org:65535",
                           "a", "192.168.2.5:8080", "[2001:db8::5]", "[::1]:80",
                           "xn--bcher-kva.example", "under_score.x", "%41.example"})
    EXPECT_TRUE(is_host(text)) << text;
}

TEST(Host, AnythingElseIsRefused) {
  for (const char* text : {"",
                           ":80",
                           "user@example.org",
                           "example.org/",
                           "a b",
                           "a,b:80:90",
                           "example.org:80a",
                           "example.org:-1",
                           "[::1",
                           "::1",
                           "[]",
                           "[x]",
                           "[::1]80",
                           "a?b",
                           "a#b",
                           "a\\b",
                           "%4",
                           "%zz",
                           "b\xc3\xbc"
                           "cher.example",
                           "example.org:123456",
                           "example.org:65536",
                           "example.org:99999",
                           "example.org:+80",
                           "[fe80::1%25eth0]"})
    EXPECT_FALSE(is_host(text)) << text;
}

}  // namespace
}  // namespace bramble::http
