// SPDX-License-Identifier: Apache-2.0
#include "base/file.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace bramble {
namespace {

TEST(File, WhatWasWrittenIsReadBackWithItsMode) {
  const std::string path = testing::TempDir() + "bramble_file_" + std::to_string(::getpid());
  ASSERT_TRUE(write_file(path, "first", 0644).ok());
  ASSERT_TRUE(write_file(path, std::string(100000, 'x'), 0600).ok());
  EXPECT_EQ(read_file(path).value(), std::string(100000, 'x'));
  struct stat status = {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, mode_t{0600});
  std::filesystem::remove(path);
}

TEST(File, AMissingOneIsNamed) {
  const Result<std::string> content = read_file("/nowhere/file");
  EXPECT_EQ(content.error().what, "open /nowhere/file: No such file or directory");
  EXPECT_EQ(content.error().code, ENOENT);
}

TEST(File, AFailedWriteLeavesNothingBehind) {
  EXPECT_FALSE(write_file("/nowhere/file", "x").ok());
  const std::string folder = testing::TempDir() + "bramble_files_" + std::to_string(::getpid());
  std::filesystem::create_directories(folder + "/target");  // a rename onto a folder fails
  EXPECT_FALSE(write_file(folder + "/target", "x").ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  std::filesystem::remove_all(folder);
}

TEST(NamesIn, AreThoseOfAFoldersFilesAndFolders) {
  const std::string folder = testing::TempDir() + "bramble_names_" + std::to_string(::getpid());
  std::filesystem::create_directories(folder + "/below/deeper");
  EXPECT_EQ(names_in(folder + "/below/deeper"), std::vector<std::string>());
  ASSERT_TRUE(write_file(folder + "/.hidden", "").ok());
  ASSERT_TRUE(write_file(folder + "/file", "").ok());
  std::vector<std::string> names = names_in(folder);
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{".hidden", "below", "file"}));
  int visited = 0;
  visit_names(folder, [&visited](const std::string&) { return ++visited < 2; });
  EXPECT_EQ(visited, 2);
  EXPECT_EQ(names_in(folder + "/file").size(), 0U);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(names_in(folder).size(), 0U);
}

}  // namespace
}  // namespace bramble
