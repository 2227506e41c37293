// SPDX-License-Identifier: Apache-2.0
#include "node/site_table.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

std::string host_of(const SiteTable& table, std::string_view asked) {
  const SiteOptions* const site = table.find(asked);
  return site != nullptr ? site->host : "none";
}

TEST(SiteTable, TheNearestNameCounts) {
  const SiteTable table(
      {{"example.org"}, {"*.example.org"}, {"*.a.example.org"}, {"b.a.example.org"}, {"*"}});
  EXPECT_EQ(host_of(table, "example.org"), "example.org");
  EXPECT_EQ(host_of(table, "EXAMPLE.org:8080"), "example.org");
  EXPECT_EQ(host_of(table, "example.org."), "example.org");
  EXPECT_EQ(host_of(table, "example.org.:80"), "example.org");
  EXPECT_EQ(host_of(table, "www.example.org"), "*.example.org");
  EXPECT_EQ(host_of(table, "x.y.example.org"), "*.example.org");
  EXPECT_EQ(host_of(table, "x.a.example.org"), "*.a.example.org");
  EXPECT_EQ(host_of(table, "b.a.example.org"), "b.a.example.org");
  EXPECT_EQ(host_of(table, "a.example.org"), "*.example.org");
  EXPECT_EQ(host_of(table, "badexample.org"), "*");
  EXPECT_EQ(host_of(table, "10.0.0.1:80"), "*");
  EXPECT_EQ(host_of(table, "[::1]:80"), "*");
  EXPECT_EQ(host_of(table, ""), "*");
}

TEST(SiteTable, ANameThatNoSiteHasIsNone) {
  const SiteTable table({{"example.org"}, {"*.example.net"}});
  for (const char* host :
       {"", "*", "org", "www.example.org", "example.net", ".example.net", "*.example", "[::1]"})
    EXPECT_EQ(host_of(table, host), "none") << host;
  EXPECT_EQ(host_of(table, "*.example.net"), "*.example.net") << "below it, whatever is asked";
}

}  // namespace
}  // namespace bramble
