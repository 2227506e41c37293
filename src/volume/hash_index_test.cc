// SPDX-License-Identifier: Apache-2.0
#include "volume/hash_index.hh"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace bramble {
namespace {

// Things are numbers, and bad hashes make long ways.
class HashIndexTest : public ::testing::Test {
 protected:
  static std::size_t hash_of(int thing) { return static_cast<std::size_t>(thing % 7); }
  bool holds(int thing) {
    const int* const found = index_.find(hash_of(thing), [&](int it) { return it == thing; });
    return found != nullptr && *found == thing;
  }
  void insert(int thing) { index_.insert(hash_of(thing), thing); }
  void erase(int thing) {
    index_.erase(hash_of(thing), [&](int it) { return it == thing; });
  }

  HashIndex<int> index_;
};

TEST_F(HashIndexTest, AnEmptyOneHoldsNothing) {
  EXPECT_FALSE(holds(0));
  erase(0);
  EXPECT_EQ(index_.size(), 0U);
}

TEST_F(HashIndexTest, ThingsOfOneHashAreToldApart) {
  insert(1);
  insert(8);
  EXPECT_TRUE(holds(1));
  EXPECT_TRUE(holds(8));
  EXPECT_FALSE(holds(15));
  erase(1);
  EXPECT_FALSE(holds(1));
  EXPECT_TRUE(holds(8));
}

TEST_F(HashIndexTest, WhateverIsErasedTheOthersAreFound) {
  std::mt19937 random(1);
  std::map<int, bool> model;
  for (int i = 0; i < 20'000; ++i) {
    const int thing = static_cast<int>(random() % 200);
    bool& there = model[thing];
    there ? erase(thing) : insert(thing);
    there = !there;
    if (i % 50 != 0) continue;
    for (const auto& [each, is_there] : model) ASSERT_EQ(holds(each), is_there) << each;
  }
}

}  // namespace
}  // namespace bramble
