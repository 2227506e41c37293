// SPDX-License-Identifier: Apache-2.0
#include "base/result.hh"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace bramble {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return failure("odd");
  return n / 2;
}

Result<int> quarter(int n) { return half(TRY(half(n))); }

Result<void> must_be_even(int n) {
  TRY(half(n));
  return {};
}

TEST(Result, HandsTheValueThrough) { EXPECT_EQ(quarter(12).value(), 3); }

TEST(Result, HandsTheErrorThrough) { EXPECT_EQ(quarter(6).error().what, "odd"); }

TEST(Result, OfNothingIsOkOrAnError) {
  EXPECT_TRUE(must_be_even(2).ok());
  EXPECT_EQ(must_be_even(3).error().what, "odd");
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(Error, NamesTheCallAndTheCause) {
  const Error error = errno_error("open /nowhere", ENOENT);
  EXPECT_EQ(error.what, "open /nowhere: No such file or directory");
  EXPECT_EQ(error.code, ENOENT);
}

TEST(ResultDeathTest, ReadingTheValueOfAnErrorAborts) {
  const Result<int> result = failure("no");
  EXPECT_DEATH((void)result.value(), "broken invariant");
}

}  // namespace
}  // namespace bramble
