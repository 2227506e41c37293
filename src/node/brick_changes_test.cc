// SPDX-License-Identifier: Apache-2.0
#include "node/brick_changes.hh"

#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <filesystem>

#include "base/file.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

class BrickChangesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "bramble_changes_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    brick_ = pattern;
    fs::create_directories(brick_ + "/.glusterfs/changelogs/htime");
  }
  void TearDown() override { fs::remove_all(brick_); }

  // False where trusted attributes cannot be set: not root, or a filesystem without them.
  bool put(const std::string& name, const std::string& value) {
    const std::string path = brick_ + "/.glusterfs/changelogs/htime/" + name;
    EXPECT_TRUE(write_file(path, "").ok());
    return ::setxattr(path.c_str(), "trusted.glusterfs.htime", value.data(), value.size(), 0) == 0;
  }

  std::string brick_;
};

TEST_F(BrickChangesTest, AreCountedInTheNewestIndex) {
  if (!put("HTIME.1700000000", "1700000100:80")) GTEST_SKIP() << "needs trusted attributes";
  EXPECT_EQ(read_change_count(brick_).value().count, 80U);
  ASSERT_TRUE(put("HTIME.1700000200", "1700000300:2"));
  EXPECT_EQ(read_change_count(brick_).value().count, 2U);
  EXPECT_TRUE(read_change_count(brick_).value().index.ends_with("/HTIME.1700000200"));
}

TEST_F(BrickChangesTest, AreNotKnownWhereNothingIsCounted) {
  EXPECT_EQ(read_change_count(brick_), std::nullopt);
  EXPECT_EQ(read_change_count(brick_ + "/missing"), std::nullopt);
  ASSERT_TRUE(write_file(brick_ + "/.glusterfs/changelogs/htime/HTIME.1", "").ok());
  EXPECT_EQ(read_change_count(brick_), std::nullopt);
  (void)put("HTIME.1", "1700000100");
  EXPECT_EQ(read_change_count(brick_), std::nullopt);
}

}  // namespace
}  // namespace bramble
