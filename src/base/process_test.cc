// SPDX-License-Identifier: Apache-2.0
#include "base/process.hh"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/clock.hh"

namespace bramble {
namespace {

using namespace std::chrono_literals;

TEST(Process, GivesStatusAndBothOutputs) {
  const Outcome outcome = run({.argv = {"sh", "-c", "echo out; echo err >&2; exit 3"}}).value();
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
}

TEST(Process, FeedsMoreThanAPipeHolds) {
  const std::string much(1 << 20, 'x');
  EXPECT_EQ(run({.argv = {"cat"}, .input = much}).value().out, much);
}

TEST(Process, AReaderThatLeavesIsNoFault) {
  EXPECT_TRUE(run({.argv = {"true"}, .input = std::string(1 << 20, 'x')}).value().ok());
}

TEST(Process, AMissingProgramIsNamed) {
  EXPECT_EQ(run({.argv = {"no-such-program"}}).error().what,
            "no-such-program: No such file or directory");
}

TEST(Process, ATimeoutEndsTheWholeGroup) {
  const Monotonic start = SystemClock().now();
  const Result<Outcome> outcome =
      run({.argv = {"sh", "-c", "sleep 60 & sleep 60"}, .timeout = 100ms});
  EXPECT_EQ(outcome.error().code, ETIMEDOUT);
  EXPECT_LT(SystemClock().now() - start, 30s);
}

TEST(Process, ASignalIsAStatus) {
  EXPECT_EQ(run({.argv = {"sh", "-c", "kill -9 $$"}}).value().status, 137);
}

TEST(Process, TheEnvironmentIsAddedTo) {
  EXPECT_EQ(run_ok({.argv = {"sh", "-c", "echo $COLOUR"}, .environment = {"COLOUR=red"}}).value(),
            "red\n");
}

TEST(Process, AFailureEndsWithItsLastWords) {
  EXPECT_EQ(run_ok({"sh", "-c", "echo 'no luck' >&2; exit 1"}).error().what,
            "sh -c 'echo '\\''no luck'\\'' >&2; exit 1': exit status 1: no luck");
}

}  // namespace
}  // namespace bramble
