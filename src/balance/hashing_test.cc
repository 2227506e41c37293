// SPDX-License-Identifier: Apache-2.0
#include "balance/hashing.hh"

#include <gmock/gmock.h>

#include <numeric>
#include <string>
#include <vector>

namespace bramble::balance {
namespace {

constexpr int kKeys = 10'000;

std::vector<Load> named(std::size_t count) {
  std::vector<Load> backends(count);
  for (std::size_t i = 0; i < count; ++i)
    backends[i].identity = hash_of("node" + std::to_string(i));
  return backends;
}

std::size_t choose(const std::vector<Load>& backends, std::uint64_t key) {
  std::vector<std::size_t> all(backends.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return choose_by_hash(backends, all, key);
}

std::vector<std::size_t> choices(const std::vector<Load>& backends) {
  std::vector<std::size_t> chosen;
  for (int i = 0; i < kKeys; ++i)
    chosen.push_back(choose(backends, hash_of("/file" + std::to_string(i))));
  return chosen;
}

TEST(Hashing, GivesEachAnEqualShareOfTheKeys) {
  std::vector<int> shares(5);
  for (const std::size_t chosen : choices(named(5))) ++shares[chosen];
  EXPECT_THAT(shares, testing::Each(testing::AllOf(testing::Gt(1800), testing::Lt(2200))));
}

TEST(Hashing, GivesSharesByWeight) {
  std::vector<Load> backends = named(2);
  backends[0].weight = 3;
  const std::vector<std::size_t> chosen = choices(backends);
  EXPECT_NEAR(static_cast<double>(std::count(chosen.begin(), chosen.end(), 0U)), 7500, 200);
}

TEST(Hashing, MovesOnlyTheKeysOfTheOneThatGoes) {
  const std::vector<std::size_t> before = choices(named(5));
  const std::vector<std::size_t> after = choices(named(4));  // node4 has gone
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(before[i] == 4 || after[i] == before[i]) << i;
}

TEST(Hashing, DoesNotDependOnTheOrderOfBackends) {
  std::vector<Load> backends = named(5);
  const std::vector<std::size_t> before = choices(backends);
  std::swap(backends[0], backends[4]);
  const std::vector<std::size_t> after = choices(backends);
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(after[i], before[i] == 0 ? 4U : before[i] == 4 ? 0U : before[i]);
}

TEST(Hashing, PassesACrowdedOneOver) {
  std::vector<Load> backends = named(4);
  const std::uint64_t key = hash_of("/popular");
  const std::size_t home = choose(backends, key);
  backends[home].in_flight = 3;
  EXPECT_EQ(choose(backends, key), home) << "a few at once are no crowd";
  backends[home].in_flight = 100;
  EXPECT_NE(choose(backends, key), home);
  for (Load& load : backends) load.in_flight = 100;
  EXPECT_EQ(choose(backends, key), home) << "all are equally busy";
}

TEST(Hashing, NeverLoadsOneFarAboveItsShareThoughAllAskForTheSame) {
  std::vector<Load> backends = named(10);
  for (int i = 0; i < 1000; ++i) ++backends[choose(backends, 42)].in_flight;
  for (const Load& load : backends) EXPECT_LE(load.in_flight, 126U);
}

}  // namespace
}  // namespace bramble::balance
