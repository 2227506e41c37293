// SPDX-License-Identifier: Apache-2.0
#include "balance/simulation.hh"

#include <gmock/gmock.h>

#include <array>
#include <numeric>

namespace bramble::balance {
namespace {

constexpr std::array kPolicies = {Policy::kPowerOfTwo, Policy::kLeastConnections,
                                  Policy::kRoundRobin, Policy::kHash};

TEST(Simulation, AnswersEveryRequestAndForgetsNone) {
  for (const Policy policy : kPolicies) {
    const SimulationResult result = simulate({.policy = policy, .requests = 20'000});
    EXPECT_EQ(result.milliseconds.size(), 20'000U) << name_of(policy);
    EXPECT_EQ(std::accumulate(result.asked.begin(), result.asked.end(), std::size_t{0}), 20'000U);
    EXPECT_THAT(result.in_flight, testing::Each(0U)) << name_of(policy);
  }
}

TEST(Simulation, IsTheSameForTheSameSeed) {
  const SimulationOptions options = {.seed = 7, .requests = 5'000};
  EXPECT_EQ(simulate(options).milliseconds, simulate(options).milliseconds);
}

// In turn, the slow quarter of the backends gets more than it can do: requests pile up there.
TEST(Simulation, ChoosingByLoadKeepsTheSlowestAnswersFarBelowTakingTurns) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto p99 = [&](Policy policy) {
      return simulate({.policy = policy, .seed = seed, .requests = 60'000}).percentile(99);
    };
    const double turns = p99(Policy::kRoundRobin);
    EXPECT_LT(p99(Policy::kPowerOfTwo) * 3, turns) << "seed " << seed;
    EXPECT_LT(p99(Policy::kLeastConnections) * 3, turns) << "seed " << seed;
  }
}

TEST(Simulation, WeightsByTheirSpeedMakeTurnsBearable) {
  const SimulationOptions unweighted = {.policy = Policy::kRoundRobin, .requests = 60'000};
  SimulationOptions weighted = unweighted;
  weighted.weighted = true;
  EXPECT_LT(simulate(weighted).percentile(99) * 3, simulate(unweighted).percentile(99));
}

TEST(Simulation, HashingStarvesAndDrownsNoBackend) {
  const SimulationResult result =
      simulate({.policy = Policy::kHash, .weighted = true, .requests = 50'000});
  EXPECT_GT(*std::ranges::min_element(result.asked), 50'000U / 100 / 10);
  EXPECT_LT(result.percentile(99), 200);
}

// A backend that fails fast draws requests to it, as it never is busy.
TEST(Simulation, EjectsThoseThatFail) {
  for (const double failing : {1.0, 0.7}) {
    const SimulationOptions options = {.trouble = {.backends = 10, .failing = failing},
                                       .requests = 80'000};
    SimulationOptions never = options;
    never.ejecting = false;
    const SimulationResult with = simulate(options), without = simulate(never);
    EXPECT_LT(with.failed_late * 20, without.failed_late) << failing;
    EXPECT_GE(with.ejected_most, 10U);
    EXPECT_LE(with.ejected_most, 12U) << "the others answer";
  }
}

TEST(Simulation, NeverEjectsMoreThanHalf) {
  const SimulationResult result =
      simulate({.trouble = {.backends = 100, .failing = 1}, .requests = 20'000});
  EXPECT_EQ(result.failed, 20'000U);
  EXPECT_EQ(result.ejected_most, 50U);
}

}  // namespace
}  // namespace bramble::balance
