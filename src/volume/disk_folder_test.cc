// SPDX-License-Identifier: Apache-2.0
#include "volume/disk_folder.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "base/file.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class DiskFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(brick_.data()), nullptr);
    if (opened("") == "EXDEV") GTEST_SKIP() << "/var/tmp is on no file system for bricks";
    ASSERT_TRUE(fs::create_directories(brick_ + "/a/b"));
    ASSERT_TRUE(fs::create_directories(brick_ + "/other/b"));
    put("a/b/page", "as it was");
    put("a/b/older", "older one");
    put("other/b/page", "another!!");
    ask();
  }
  void TearDown() override { fs::remove_all(brick_); }

  void put(const std::string& path, std::string_view content) {
    ASSERT_TRUE(write_file(brick_ + '/' + path, content).ok());
  }
  void ask() {
    std::this_thread::sleep_for(milliseconds(150));
    asked_ = DiskTime::now();
  }
  // "" or the name of the error.
  std::string opened(std::string_view path) {
    Result<DiskFolder> folder = DiskFolder::open(brick_, path, asked_);
    if (!folder.ok()) return ::strerrorname_np(folder.error().code);
    folder_.emplace(*std::move(folder));
    return "";
  }
  // As a brick lists it: without the link that it has below .glusterfs.
  struct stat listed(const std::string& name) {
    struct stat status = {};
    EXPECT_EQ(::lstat((brick_ + "/a/b/" + name).c_str(), &status), 0);
    status.st_nlink -= 1;
    return status;
  }
  std::string read(const std::string& name) { return read(name, listed(name)); }
  std::string read(const std::string& name, const struct stat& listed) {
    const Result<std::string> bytes = folder_->read(name, listed);
    return bytes.ok() ? *bytes : ::strerrorname_np(bytes.error().code);
  }

  std::string brick_ = "/var/tmp/bramble-disk-XXXXXX";
  DiskTime asked_;
  std::optional<DiskFolder> folder_;
};

TEST_F(DiskFolderTest, ReadsWhatHasNotChanged) {
  for (const char* path : {"a/b", "/a/b/", "//a//b"}) {
    ASSERT_EQ(opened(path), "") << path;
    EXPECT_EQ(read("page"), "as it was");
  }
}

TEST_F(DiskFolderTest, AFileThatWasWrittenSinceIsNotRead) {
  ASSERT_EQ(opened("a/b"), "");
  const UniqueFd file(::open((brick_ + "/a/b/page").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::pwrite(file.get(), "A", 1, 0), 1);
  EXPECT_EQ(read("page"), "ESTALE");
  ask();
  ASSERT_EQ(opened("a/b"), "");
  EXPECT_EQ(read("page"), "As it was");
}

TEST_F(DiskFolderTest, NorOneWhoseModeOrTimesWereSet) {
  ASSERT_EQ(opened("a/b"), "");
  ASSERT_EQ(::chmod((brick_ + "/a/b/page").c_str(), 0600), 0);
  EXPECT_EQ(read("page"), "ESTALE");
  const timespec long_ago[2] = {};
  ASSERT_EQ(::utimensat(AT_FDCWD, (brick_ + "/a/b/older").c_str(), long_ago, 0), 0);
  EXPECT_EQ(read("older"), "ESTALE");
}

TEST_F(DiskFolderTest, NorAnOlderOneThatTookItsPlace) {
  ASSERT_EQ(opened("a/b"), "");
  const struct stat older = listed("older");
  fs::rename(brick_ + "/a/b/older", brick_ + "/a/b/page");
  EXPECT_EQ(read("page"), "ESTALE");
  EXPECT_EQ(read("older", older), "ENOENT");
}

// Such as one of a copy of the brick.
TEST_F(DiskFolderTest, NorAnyOfAnotherStatus) {
  ASSERT_EQ(opened("a/b"), "");
  const std::function<void(struct stat&)> others[] = {[](struct stat& status) { ++status.st_size; },
                                                      [](struct stat& status) { --status.st_size; },
                                                      [](struct stat& status) { ++status.st_nlink; },
                                                      [](struct stat& status) { ++status.st_uid; },
                                                      [](struct stat& status) { ++status.st_gid; },
                                                      [](struct stat& status) { status.st_mode ^= 1; }};
  for (const auto& other : others) {
    struct stat status = listed("page");
    other(status);
    EXPECT_EQ(read("page", status), "ESTALE");
  }
}

TEST_F(DiskFolderTest, NorWhatIsNoFile) {
  fs::create_symlink("page", brick_ + "/a/b/link");
  ASSERT_EQ(::mkfifo((brick_ + "/a/b/pipe").c_str(), 0644), 0);
  ask();
  ASSERT_EQ(opened("a/b"), "");
  EXPECT_EQ(read("link"), "ELOOP");
  EXPECT_EQ(read("pipe"), "ESTALE");
}

TEST_F(DiskFolderTest, AFolderWhosePlaceAnOlderOneTookIsNotOpened) {
  fs::rename(brick_ + "/a/b", brick_ + "/a/c");
  fs::rename(brick_ + "/other/b", brick_ + "/a/b");
  EXPECT_EQ(opened("a/b"), "ESTALE");
  ask();
  ASSERT_EQ(opened("a/b"), "");
  EXPECT_EQ(read("page"), "another!!");
}

TEST_F(DiskFolderTest, NorOneFurtherUp) {
  fs::rename(brick_ + "/a", brick_ + "/aside");
  fs::rename(brick_ + "/other", brick_ + "/a");
  EXPECT_EQ(opened("a/b"), "ESTALE");
}

TEST_F(DiskFolderTest, NorWhatLeadsElsewhere) {
  fs::create_directory_symlink("a", brick_ + "/link");
  ask();
  EXPECT_EQ(opened("link/b"), "ENOTDIR");
  EXPECT_EQ(opened("a/../a/b"), "EINVAL");
  EXPECT_EQ(opened("a/none"), "ENOENT");
  EXPECT_EQ(opened("a/b/page"), "ENOTDIR");
}

TEST_F(DiskFolderTest, NorAfterTheClockWasSetBack) {
  asked_.date.tv_sec += 10;
  EXPECT_EQ(opened("a/b"), "ESTALE");
}

TEST_F(DiskFolderTest, NorOnAFileSystemThatDatesAsItLikes) {
  const Result<DiskFolder> folder = DiskFolder::open("/proc", "", DiskTime::now());
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code, EXDEV);
}

TEST(DiskTimeTest, WhatIsCloseBeforeMayBeAfter) {
  const DiskTime time{.date = {.tv_sec = 1000, .tv_nsec = 500'000'000}};
  EXPECT_TRUE(time.is_after({.tv_sec = 1000, .tv_nsec = 399'999'999}));
  EXPECT_FALSE(time.is_after({.tv_sec = 1000, .tv_nsec = 400'000'001}));
  EXPECT_FALSE(time.is_after({.tv_sec = 1001, .tv_nsec = 1}));
}

TEST(DiskTimeTest, AWholeSecondMayBeAnyMomentOfIt) {
  const DiskTime time{.date = {.tv_sec = 1000, .tv_nsec = 500'000'000}};
  EXPECT_FALSE(time.is_after({.tv_sec = 1000, .tv_nsec = 0}));
  EXPECT_TRUE(time.is_after({.tv_sec = 999, .tv_nsec = 0}));
}

TEST(DiskTimeTest, AClockThatWasSetBackTellsNothing) {
  const DiskTime asked{.date = {.tv_sec = 1000, .tv_nsec = 0}, .running = {.tv_sec = 10}};
  const DiskTime slowed{.date = {.tv_sec = 1009, .tv_nsec = 990'000'000},
                        .running = {.tv_sec = 20}};
  const DiskTime set_back{.date = {.tv_sec = 1009, .tv_nsec = 0}, .running = {.tv_sec = 20}};
  const DiskTime set_on{.date = {.tv_sec = 5000, .tv_nsec = 0}, .running = {.tv_sec = 20}};
  EXPECT_TRUE(asked.still_tells(slowed));
  EXPECT_FALSE(asked.still_tells(set_back));
  EXPECT_TRUE(asked.still_tells(set_on));
}

}  // namespace
}  // namespace bramble
