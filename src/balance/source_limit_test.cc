// SPDX-License-Identifier: Apache-2.0
#include "balance/source_limit.hh"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace bramble::balance {
namespace {

Source source(const char* text) { return source_of(parse_address(text).value()); }

TEST(SourceLimit, CountsEachSourceByItself) {
  SourceLimit limit(2);
  EXPECT_TRUE(limit.take(1));
  EXPECT_TRUE(limit.take(1));
  EXPECT_FALSE(limit.take(1));
  EXPECT_TRUE(limit.take(2));
  limit.give_back(1);
  EXPECT_TRUE(limit.take(1));
  EXPECT_FALSE(limit.take(1));
}

TEST(SourceLimit, OfNoneLetsAllIn) {
  SourceLimit limit(0);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.take(1));
}

TEST(SourceLimit, AnIpv6SourceIsItsNetwork) {
  EXPECT_EQ(source("[2001:db8:1:2::1]:1000"), source("[2001:db8:1:2:ffff::9]:2000"));
  EXPECT_NE(source("[2001:db8:1:2::1]:1000"), source("[2001:db8:1:3::1]:1000"));
  EXPECT_EQ(source("192.0.2.1:1000"), source("192.0.2.1:2000"));
  EXPECT_NE(source("192.0.2.1:1000"), source("192.0.2.2:1000"));
  EXPECT_EQ(source("[::ffff:192.0.2.1]:1000"), source("192.0.2.1:1000"));
}

TEST(SourceLimit, IsNeverPassedByManyThreads) {
  SourceLimit limit(5);
  std::atomic<int> inside{0}, most{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 2000; ++n) {
          if (!limit.take(7)) continue;
          int seen = ++inside;
          for (int before = most; seen > before && !most.compare_exchange_weak(before, seen);) {
          }
          --inside;
          limit.give_back(7);
        }
      });
  }
  EXPECT_LE(most, 5);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limit.take(7));
  EXPECT_FALSE(limit.take(7));
}

}  // namespace
}  // namespace bramble::balance
