// SPDX-License-Identifier: Apache-2.0
#include "balance/health.hh"

#include <gmock/gmock.h>

namespace bramble::balance {
namespace {

using std::chrono::seconds;

class HealthBoardTest : public testing::Test {
 protected:
  bool pass(std::size_t backend) { return board_.check_passed(backend, clock_.now()); }
  bool fail(std::size_t backend) { return board_.check_failed(backend, "500", clock_.now()); }
  bool refuse(std::size_t backend) {
    return board_.connection_refused(backend, "refused", clock_.now());
  }
  bool request_fails(std::size_t backend) {
    return board_.request_failed(backend, "reset", clock_.now());
  }
  bool after(seconds time) {
    clock_.advance(time);
    return board_.tick(clock_.now());
  }
  void eject(std::size_t backend) {
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(request_fails(backend));
    EXPECT_TRUE(request_fails(backend));
  }
  Condition condition(std::size_t backend) { return board_.health(backend).condition; }

  bool told(const std::vector<Traffic>& totals) { return board_.traffic(totals, clock_.now()); }

  FakeClock clock_;
  HealthBoard board_{4, HealthOptions{}, clock_.now()};
};

TEST_F(HealthBoardTest, TrustsABackendUntilItsFirstCheck) {
  EXPECT_EQ(condition(0), Condition::kHealthy);
  EXPECT_TRUE(fail(0));
  EXPECT_EQ(condition(0), Condition::kFailing);
}

TEST_F(HealthBoardTest, TakesThreeFailedChecksToFallAndTwoPassedToRise) {
  pass(0);
  EXPECT_FALSE(fail(0));
  EXPECT_FALSE(fail(0));
  EXPECT_TRUE(fail(0));
  EXPECT_EQ(board_.health(0).reason, "500");
  EXPECT_FALSE(pass(0));
  EXPECT_TRUE(pass(0));
  EXPECT_EQ(condition(0), Condition::kHealthy);
}

TEST_F(HealthBoardTest, CountsChecksInARowOnly) {
  pass(0);
  fail(0);
  fail(0);
  pass(0);
  fail(0);
  EXPECT_FALSE(fail(0));
  EXPECT_EQ(condition(0), Condition::kHealthy);
}

TEST_F(HealthBoardTest, TakesARefusingBackendOutAtOnce) {
  pass(0);
  EXPECT_TRUE(refuse(0));
  EXPECT_EQ(condition(0), Condition::kRefusing);
  EXPECT_FALSE(pass(0));
  EXPECT_TRUE(pass(0));
}

TEST_F(HealthBoardTest, EjectsAfterFiveFailedRequestsInARow) {
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(request_fails(0));
  board_.request_answered(0);
  eject(0);
  EXPECT_EQ(condition(0), Condition::kEjected);
}

TEST_F(HealthBoardTest, LetsAnEjectedOneBackAndTheNextTimeLater) {
  eject(0);
  EXPECT_FALSE(after(seconds(4)));
  EXPECT_TRUE(after(seconds(1)));
  EXPECT_EQ(condition(0), Condition::kHealthy);
  eject(0);
  EXPECT_FALSE(after(seconds(9)));
  EXPECT_TRUE(after(seconds(1)));
}

TEST_F(HealthBoardTest, ForgivesOneEjectionAMinute) {
  for (const int time : {5, 10, 20}) {
    eject(0);
    EXPECT_FALSE(after(seconds(time - 1)));
    EXPECT_TRUE(after(seconds(1)));
  }
  EXPECT_FALSE(after(seconds(59)));
  EXPECT_FALSE(after(seconds(1)));
  EXPECT_FALSE(after(seconds(60)));
  eject(0);
  EXPECT_FALSE(after(seconds(9)));
  EXPECT_TRUE(after(seconds(1)));
}

TEST_F(HealthBoardTest, NeverEjectsMoreThanHalf) {
  eject(0);
  eject(1);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(request_fails(2));
  EXPECT_EQ(condition(2), Condition::kHealthy);
}

TEST_F(HealthBoardTest, EjectsNobodyWhereOthersAreOutAlready) {
  refuse(0);
  eject(1);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(request_fails(2));
  EXPECT_EQ(condition(2), Condition::kHealthy);
}

TEST_F(HealthBoardTest, OfThreePrimariesEjectsOneThoughThereIsABackup) {
  board_.set_backup(3, true);
  eject(0);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(request_fails(1));
}

TEST_F(HealthBoardTest, ASinglePrimaryIsEjectedIfThereIsABackup) {
  for (const std::size_t backup : {1U, 2U, 3U}) board_.set_backup(backup, true);
  eject(0);
  EXPECT_FALSE(after(seconds(4))) << "that is what the backups are for";
  EXPECT_TRUE(after(seconds(1)));
  for (const std::size_t backup : {1U, 2U, 3U}) refuse(backup);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(request_fails(0));
}

TEST_F(HealthBoardTest, LetsAnEjectedOneBackWhereNoOtherPrimaryIsLeft) {
  board_.set_backup(3, true);
  eject(0);
  refuse(1);
  EXPECT_FALSE(after(seconds(0)));
  refuse(2);
  EXPECT_TRUE(after(seconds(0)));
  EXPECT_EQ(condition(0), Condition::kHealthy);
}

TEST_F(HealthBoardTest, APassedCheckDoesNotEndAnEjection) {
  eject(0);
  pass(0);
  EXPECT_FALSE(pass(0));
  EXPECT_EQ(condition(0), Condition::kEjected);
}

TEST_F(HealthBoardTest, EjectsOneThatFailsHalfOfItsRequests) {
  EXPECT_FALSE(told({{100, 0}, {100, 4}, {100, 5}, {100, 0}}));
  EXPECT_TRUE(told({{200, 0}, {200, 4}, {300, 200}, {200, 0}}));
  EXPECT_EQ(condition(2), Condition::kEjected);
  EXPECT_THAT(board_.health(2).reason, testing::HasSubstr("% of its requests failed"));
  EXPECT_EQ(board_.health(2).ejections, 1U);
  EXPECT_TRUE(after(seconds(5)));
  EXPECT_FALSE(told({{300, 0}, {300, 4}, {310, 203}, {300, 0}})) << "what was is forgotten";
}

TEST_F(HealthBoardTest, EjectsNobodyForWhatFailsEverywhere) {
  EXPECT_FALSE(told({{100, 60}, {100, 60}, {100, 80}, {100, 60}}));
  EXPECT_FALSE(told({{100, 60}, {100, 60}, {100, 80}, {100, 60}}));
}

TEST_F(HealthBoardTest, EjectsNobodyForAFewFailures) {
  EXPECT_FALSE(told({{100, 0}, {100, 0}, {9, 9}, {100, 0}}));
}

TEST_F(HealthBoardTest, UnderstandsCountersThatBeginAnew) {
  EXPECT_FALSE(told({{1000, 0}, {1000, 0}, {1000, 20}, {1000, 0}}));
  EXPECT_FALSE(told({{1100, 0}, {1100, 0}, {3, 1}, {1100, 0}}));
  EXPECT_EQ(condition(2), Condition::kHealthy);
}

TEST_F(HealthBoardTest, BelievesANodesOwnWord) {
  EXPECT_TRUE(board_.node_says(0, {.strength = 0.5, .says = "hot"}, clock_.now()));
  EXPECT_FALSE(board_.node_says(0, {.strength = 0.5, .says = "hot"}, clock_.now()));
  EXPECT_EQ(board_.health(0).strength, 0.5);
  EXPECT_EQ(board_.health(0).says, "hot");
  EXPECT_EQ(condition(0), Condition::kHealthy);
  EXPECT_TRUE(board_.node_says(0, {.draining = true}, clock_.now()));
  EXPECT_EQ(condition(0), Condition::kDraining);
  EXPECT_TRUE(board_.node_says(0, {}, clock_.now()));
  EXPECT_EQ(condition(0), Condition::kHealthy);
}

TEST_F(HealthBoardTest, DrainingStandsOverAllElse) {
  EXPECT_TRUE(board_.set_draining(0, true, clock_.now()));
  EXPECT_FALSE(refuse(0));
  EXPECT_EQ(condition(0), Condition::kDraining);
  EXPECT_TRUE(board_.set_draining(0, false, clock_.now()));
  EXPECT_EQ(condition(0), Condition::kRefusing);
}

}  // namespace
}  // namespace bramble::balance
