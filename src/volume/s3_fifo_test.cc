// SPDX-License-Identifier: Apache-2.0
#include "volume/s3_fifo.hh"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace bramble {
namespace {

// A cache of a hundred items of one byte.
class S3FifoTest : public testing::Test {
 protected:
  bool has(const std::string& key) { return cache_.find(key) != nullptr; }
  void use(const std::string& key, int times) {
    for (int i = 0; i < times; ++i) EXPECT_NE(cache_.find(key), nullptr) << key;
  }
  void put(const std::string& key) { cache_.put(key, 0, 1); }
  void scan(const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) put(prefix + std::to_string(i));
  }

  S3Fifo<int> cache_{100};
};

TEST_F(S3FifoTest, GivesWhatWasPut) {
  cache_.put("a", 1, 10);
  ASSERT_NE(cache_.find("a"), nullptr);
  EXPECT_EQ(*cache_.find("a"), 1);
  EXPECT_EQ(cache_.find("b"), nullptr);
  EXPECT_EQ(cache_.bytes(), 10U);
}

TEST_F(S3FifoTest, AnotherValueTakesThePlaceAndTheBytes) {
  cache_.put("a", 1, 10);
  cache_.put("a", 2, 30);
  EXPECT_EQ(*cache_.find("a"), 2);
  EXPECT_EQ(cache_.size(), 1U);
  EXPECT_EQ(cache_.bytes(), 30U);
  cache_.put("a", 3, 101);
  EXPECT_EQ(cache_.find("a"), nullptr) << "an old value must not outlive one that has no room";
  EXPECT_EQ(cache_.bytes(), 0U);
}

TEST_F(S3FifoTest, WhatIsErasedIsGone) {
  cache_.put("a", 1, 10);
  cache_.erase("a");
  cache_.erase("a");
  EXPECT_FALSE(has("a"));
  EXPECT_EQ(cache_.bytes(), 0U);
}

TEST_F(S3FifoTest, NeverHoldsMoreBytesThanItMay) {
  std::mt19937 random(1);
  for (int i = 0; i < 10'000; ++i) {
    cache_.put(std::to_string(random() % 200), i, random() % 40);
    (void)cache_.find(std::to_string(random() % 200));
    ASSERT_LE(cache_.bytes(), 100U);
  }
  EXPECT_GT(cache_.evicted(), 0U);
}

TEST_F(S3FifoTest, AScanMovesOutNothingThatIsUsed) {
  for (int i = 0; i < 50; ++i) put("hot" + std::to_string(i));
  for (int i = 0; i < 50; ++i) use("hot" + std::to_string(i), 2);
  scan("scan", 10'000);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(has("hot" + std::to_string(i))) << i;
  EXPECT_FALSE(has("scan0"));
}

TEST_F(S3FifoTest, WhatComesBackSoonAfterItWentStays) {
  put("again");
  scan("first", 100);
  ASSERT_FALSE(has("again"));
  put("again");
  scan("second", 10'000);
  EXPECT_TRUE(has("again"));
}

TEST_F(S3FifoTest, WhatIsNoLongerUsedGoesInTheEnd) {
  for (int i = 0; i < 100; ++i) put("old" + std::to_string(i));
  for (int i = 0; i < 100; ++i) use("old" + std::to_string(i), 3);
  for (int i = 0; i < 100; ++i) {
    put("new" + std::to_string(i));
    (void)cache_.find("new" + std::to_string(i));
    (void)cache_.find("new" + std::to_string(i));
    scan("scan" + std::to_string(i) + "-", 10);
  }
  int left = 0;
  for (int i = 0; i < 100; ++i) left += has("old" + std::to_string(i)) ? 1 : 0;
  EXPECT_LT(left, 20);
}

TEST(S3Fifo, GivesWhatHasGone) {
  S3Fifo<int> table(2);
  EXPECT_TRUE(table.put("a", 1, 1).empty());
  EXPECT_EQ(table.put("a", 2, 1), std::vector<int>{1}) << "replaced";
  EXPECT_TRUE(table.put("b", 3, 1).empty());
  EXPECT_EQ(table.put("c", 4, 1).size(), 1U) << "made room";
  EXPECT_EQ(table.put("c", 5, 3), std::vector<int>{4}) << "its next value is too large";
}

}  // namespace
}  // namespace bramble
