// SPDX-License-Identifier: Apache-2.0
#include "balance/retry_budget.hh"

#include <gtest/gtest.h>

namespace bramble::balance {
namespace {

TEST(RetryBudget, IsAFifthOfTheRequestsInTheLongRun) {
  RetryBudget budget;
  while (budget.take()) {
  }
  int retries = 0;
  for (int i = 0; i < 1000; ++i) {
    budget.request();
    retries += budget.take() ? 1 : 0;
  }
  EXPECT_NEAR(retries, 200, 1);
}

TEST(RetryBudget, IsBoundAfterALongQuietTime) {
  RetryBudget budget;
  for (int i = 0; i < 100000; ++i) budget.request();
  int retries = 0;
  while (budget.take()) ++retries;
  EXPECT_EQ(retries, 1000);
}

}  // namespace
}  // namespace bramble::balance
