// SPDX-License-Identifier: Apache-2.0
#include "lab/lock.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>

namespace bramble::lab {
namespace {

class LockTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  const std::string folder_ = "/tmp/bramble-lock-test." + std::to_string(::getpid());
  const std::string path_ = folder_ + "/deeper/lock";
};

TEST_F(LockTest, IsTakenAtOnceWhereNobodyHoldsItAndMakesItsFolder) {
  bool waited = false;
  EXPECT_TRUE(Lock::take(path_, [&] { waited = true; }).ok());
  EXPECT_FALSE(waited);
  EXPECT_TRUE(Lock::take(path_, [&] { waited = true; }).ok());
  EXPECT_FALSE(waited) << "it ended with its owner";
}

TEST_F(LockTest, TheNextOneWaitsAlsoWhereTheFileWasRemoved) {
  std::optional<Lock> first = Lock::take(path_, [] {}).value();
  const auto release = [&] {
    first->remove_file();
    first.reset();
  };
  int waits = 0;
  const Result<Lock> second = Lock::take(path_, [&] {
    ++waits;
    release();
  });
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(waits, 1);
  EXPECT_TRUE(std::filesystem::exists(path_)) << "the lock that is held has a name";
}

TEST_F(LockTest, IsHeldByWhatItsOwnerStarted) {
  std::optional<Lock> first = Lock::take(path_, [] {}).value();
  std::FILE* const started = ::popen("exec cat", "we");
  ASSERT_NE(started, nullptr);
  first.reset();
  bool waited = false;
  EXPECT_TRUE(Lock::take(path_, [&] {
                waited = true;
                ::pclose(started);
              }).ok());
  EXPECT_TRUE(waited);
}

}  // namespace
}  // namespace bramble::lab
