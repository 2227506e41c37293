// SPDX-License-Identifier: Apache-2.0
#include "balance/picker.hh"

#include <gmock/gmock.h>

#include <array>

namespace bramble::balance {
namespace {

using std::chrono::milliseconds;
using testing::Each;

std::vector<Load> equals(std::size_t count) { return std::vector<Load>(count); }

// One request after the other, each over before the next begins: a lone visitor.
std::vector<int> one_by_one(Policy policy, std::vector<Load> backends, int requests,
                            std::uint64_t seed = 1) {
  Picker picker(policy, seed);
  std::vector<int> shares(backends.size());
  for (int i = 0; i < requests; ++i) ++shares[picker.pick(backends, {}).value()];
  return shares;
}

TEST(Picker, SpreadsALoneVisitorEvenlyOverIdleEquals) {
  for (const Policy policy : {Policy::kPowerOfTwo, Policy::kLeastConnections, Policy::kRoundRobin})
    for (std::uint64_t seed = 0; seed < 200; ++seed)
      EXPECT_THAT(one_by_one(policy, equals(3), 300, seed),
                  Each(testing::AllOf(testing::Ge(80), testing::Le(120))))
          << name_of(policy) << " seed " << seed;
}

TEST(Picker, SpreadsEvenlyThoughOneIsALittleFaster) {
  std::vector<Load> backends = equals(3);
  backends[0].latency = milliseconds(1);
  backends[1].latency = milliseconds(3);
  backends[2].latency = milliseconds(9);
  EXPECT_THAT(one_by_one(Policy::kPowerOfTwo, backends, 300), Each(testing::Ge(80)));
}

TEST(Picker, AvoidsOneThatIsMuchSlower) {
  std::vector<Load> backends = equals(3);
  backends[0].latency = milliseconds(500);
  backends[1].latency = backends[2].latency = milliseconds(2);
  EXPECT_EQ(one_by_one(Policy::kPowerOfTwo, backends, 300)[0], 0);
}

TEST(Picker, TakesTheLessBusyOfTwo) {
  std::vector<Load> backends = equals(2);
  backends[0].in_flight = 5;
  backends[1].in_flight = 4;
  EXPECT_EQ(one_by_one(Policy::kPowerOfTwo, backends, 10)[1], 10);
}

TEST(Picker, GivesSharesByWeight) {
  for (const Policy policy : {Policy::kPowerOfTwo, Policy::kRoundRobin}) {
    std::vector<Load> backends = equals(2);
    backends[0].weight = 3;
    EXPECT_NEAR(one_by_one(policy, backends, 400)[0], 300, 4) << name_of(policy);
  }
}

TEST(Picker, UsesBackupsOnlyWhenNoOtherIsHealthy) {
  std::vector<Load> backends = equals(3);
  backends[2].backup = true;
  EXPECT_EQ(one_by_one(Policy::kPowerOfTwo, backends, 100)[2], 0);
  backends[0].condition = Condition::kFailing;
  EXPECT_EQ(one_by_one(Policy::kPowerOfTwo, backends, 100)[1], 100);
  backends[1].condition = Condition::kRefusing;
  EXPECT_EQ(one_by_one(Policy::kPowerOfTwo, backends, 100)[2], 100);
}

TEST(Picker, TriesTheLeastBadWhenAllAreOut) {
  std::vector<Load> backends = equals(3);
  backends[0].condition = Condition::kRefusing;
  backends[1].condition = Condition::kFailing;
  backends[2].condition = Condition::kDraining;
  EXPECT_EQ(one_by_one(Policy::kPowerOfTwo, backends, 10)[1], 10);
}

TEST(Picker, NeverPicksADrainingOne) {
  std::vector<Load> backends = equals(1);
  backends[0].condition = Condition::kDraining;
  EXPECT_FALSE(Picker(Policy::kPowerOfTwo, 1).pick(backends, {}).has_value());
}

TEST(Picker, DoesNotTryOneTwice) {
  std::vector<Load> backends = equals(3);
  Picker picker(Policy::kPowerOfTwo, 1);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(picker.pick(backends, std::array<std::size_t, 2>{0, 2}), 1U);
  EXPECT_FALSE(picker.pick(backends, std::array<std::size_t, 3>{0, 1, 2}).has_value());
}

TEST(Picker, FallsBackToABackupBeforeItGivesUp) {
  std::vector<Load> backends = equals(3);
  backends[2].backup = true;
  Picker picker(Policy::kPowerOfTwo, 1);
  EXPECT_EQ(picker.pick(backends, std::array<std::size_t, 1>{0}), 1U);
  EXPECT_EQ(picker.pick(backends, std::array<std::size_t, 2>{0, 1}), 2U);
}

TEST(Picker, DoesNotFloodOneThatCameBack) {
  for (const Policy policy : {Policy::kPowerOfTwo, Policy::kRoundRobin})
    for (const bool asked_for_room : {false, true}) {  // on behalf of those who wait
      std::vector<Load> backends = equals(3);
      Picker picker(policy, 1);
      backends[0].condition = Condition::kFailing;
      for (int i = 0; i < 3000; ++i) picker.pick(backends, {});
      backends[0].condition = Condition::kHealthy;
      picker.conditions_changed();
      if (asked_for_room) {
        EXPECT_TRUE(picker.has_room(backends));
      }
      int to_first = 0;
      for (int i = 0; i < 300; ++i) to_first += picker.pick(backends, {}) == 0U ? 1 : 0;
      EXPECT_NEAR(to_first, 100, 20) << name_of(policy);
    }
}

TEST(Picker, PassesFullOnesOver) {
  std::vector<Load> backends = equals(2);
  Seats seats(1);
  backends[0].seats = &seats;
  EXPECT_TRUE(seats.take());
  EXPECT_EQ(one_by_one(Policy::kRoundRobin, backends, 10)[1], 10);
  backends[1].condition = Condition::kFailing;
  Picker picker(Policy::kPowerOfTwo, 1);
  EXPECT_FALSE(picker.pick(backends, {}).has_value());
  EXPECT_TRUE(picker.all_full()) << "worth to wait for";
  EXPECT_FALSE(picker.has_room(backends));
  seats.give_back();
  EXPECT_TRUE(picker.has_room(backends));
  EXPECT_EQ(picker.pick(backends, {}), 0U);
  EXPECT_FALSE(picker.pick(backends, std::array<std::size_t, 2>{0, 1}).has_value());
  EXPECT_FALSE(picker.all_full());
}

TEST(Picker, SendsAVisitorWhereItPrefers) {
  std::vector<Load> backends = equals(3);
  backends[1].identity = 7;
  backends[1].in_flight = 100;
  Picker picker(Policy::kPowerOfTwo, 1);
  EXPECT_EQ(picker.pick(backends, {}, {.identity = 7}), 1U);
  EXPECT_NE(picker.pick(backends, {}, {.identity = 8}), 1U) << "nobody has that name";
  backends[1].condition = Condition::kFailing;
  picker.conditions_changed();
  EXPECT_NE(picker.pick(backends, {}, {.identity = 7}), 1U);
}

TEST(Picker, GivesLessToOneThatIsNotAtItsFullStrength) {
  std::vector<Load> backends = equals(2);
  backends[0].strength = 0.25;
  EXPECT_NEAR(one_by_one(Policy::kPowerOfTwo, backends, 500)[0], 100, 4);
}

TEST(Picker, HashesOnlyWhatHasAKey) {
  std::vector<Load> backends = equals(3);
  Picker picker(Policy::kHash, 1);
  const auto home = picker.pick(backends, {}, {.key = 99});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(picker.pick(backends, {}, {.key = 99}), home);
  EXPECT_THAT(one_by_one(Policy::kHash, backends, 300), Each(testing::Ge(80)));
}

TEST(Load, OneSlowAnswerIsNoise) {
  std::vector<Load> backends = equals(2);
  backends[0].answered_after(milliseconds(800));
  for (int i = 0; i < 20; ++i) backends[1].answered_after(milliseconds(1));
  EXPECT_THAT(one_by_one(Policy::kPowerOfTwo, backends, 100), Each(testing::Ge(45)));
  for (int i = 0; i < 10; ++i) backends[0].answered_after(milliseconds(800));
  EXPECT_THAT(one_by_one(Policy::kPowerOfTwo, backends, 100), testing::ElementsAre(0, 100));
}

TEST(Load, ASlowMemoryFades) {
  Load load;
  for (int i = 0; i < 20; ++i) load.answered_after(milliseconds(800));
  EXPECT_GT(load.latency, milliseconds(400));
  for (int i = 0; i < 60; ++i) load.forget_a_little();
  EXPECT_LT(load.latency, milliseconds(1));
}

}  // namespace
}  // namespace bramble::balance
