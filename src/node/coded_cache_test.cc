// SPDX-License-Identifier: Apache-2.0
#include "node/coded_cache.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

CodedCache::Content content(std::size_t bytes) {
  return std::make_shared<const std::string>(bytes, 'x');
}

TEST(CodedCache, KeepsWhatItWasGiven) {
  CodedCache cache(10'000);
  EXPECT_FALSE(cache.find("a"));
  cache.put("a", content(10));
  cache.put("b", nullptr);
  EXPECT_EQ((*cache.find("a"))->size(), 10U);
  ASSERT_TRUE(cache.find("b"));
  EXPECT_EQ(*cache.find("b"), nullptr) << "known to be no shorter";
}

TEST(CodedCache, IsBoundedAndDropsWhatWasNotAskedForLongest) {
  CodedCache cache(10'000);
  for (const char* key : {"a", "b", "c"}) cache.put(key, content(3'000));
  cache.find("a");
  cache.put("d", content(3'000));
  EXPECT_TRUE(cache.find("a"));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("c"));
  EXPECT_TRUE(cache.find("d"));
  for (int i = 0; i < 1000; ++i) {
    cache.put(std::to_string(i), i % 2 == 0 ? content(100) : nullptr);
    EXPECT_LE(cache.bytes(), 10'000U);
  }
}

TEST(CodedCache, WhatIsLargerThanAllOfItIsNotKept) {
  CodedCache cache(10'000);
  cache.put("small", content(100));
  cache.put("large", content(10'000));
  EXPECT_FALSE(cache.find("large"));
  EXPECT_TRUE(cache.find("small"));
}

TEST(CodedCache, AKeyTellsNameVersionAndCodingApart) {
  const auto gzip = http::ContentCoding::kGzip;
  EXPECT_NE(CodedCache::key("a", "bc", gzip), CodedCache::key("ab", "c", gzip));
  EXPECT_NE(CodedCache::key("a", "b", gzip),
            CodedCache::key("a", "b", http::ContentCoding::kBrotli));
}

}  // namespace
}  // namespace bramble
