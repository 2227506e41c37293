// SPDX-License-Identifier: Apache-2.0
#include "node/heal_index.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class HealIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "bramble_index_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    brick_ = pattern;
    make();
  }
  void TearDown() override { fs::remove_all(brick_); }
  void make() { fs::create_directories(folder()); }
  std::string folder() const { return brick_ + "/.glusterfs/indices/xattrop/"; }
  void note(const std::string& name) { ASSERT_TRUE(write_file(folder() + name, "").ok()); }
  void heal(const std::string& name) { ASSERT_TRUE(fs::remove(folder() + name)); }
  static std::vector<std::string> told_by(HealIndex& index) {
    std::vector<std::string> told;
    for (const Gfid& id : index.healed()) told.push_back(to_string(id));
    return told;
  }

  static constexpr const char* kOne = "01234567-89ab-cdef-0123-456789abcdef";
  static constexpr const char* kTwo = "01234567-89ab-cdef-0123-456789abcdee";
  std::string brick_;
};

TEST_F(HealIndexTest, CountsWithoutTheBase) {
  EXPECT_EQ(heals_pending(brick_), 0U);
  note("xattrop-1f2e3d4c-5b6a-7988-9706-f5e4d3c2b1a0");
  note(kOne);
  note(kTwo);
  EXPECT_EQ(heals_pending(brick_), 2U);
  fs::remove_all(brick_);
  EXPECT_EQ(heals_pending(brick_), 0U);
}

TEST_F(HealIndexTest, TellsOnceWhatHasLeft) {
  note(kOne);
  HealIndex index(brick_);
  EXPECT_THAT(told_by(index), IsEmpty());
  note(kTwo);
  EXPECT_THAT(told_by(index), IsEmpty());
  heal(kOne);
  heal(kTwo);
  EXPECT_THAT(told_by(index), ElementsAre(kOne, kTwo));
  EXPECT_THAT(told_by(index), IsEmpty());
}

TEST_F(HealIndexTest, NothingElseIsTold) {
  HealIndex index(brick_);
  (void)index.healed();
  note("xattrop-1f2e3d4c-5b6a-7988-9706-f5e4d3c2b1a0");
  heal("xattrop-1f2e3d4c-5b6a-7988-9706-f5e4d3c2b1a0");
  EXPECT_THAT(told_by(index), IsEmpty());
}

TEST_F(HealIndexTest, ABrickMayComeAndGo) {
  fs::remove_all(brick_);
  HealIndex index(brick_);
  EXPECT_THAT(told_by(index), IsEmpty());
  for (int times = 0; times < 2; ++times) {
    make();
    EXPECT_THAT(told_by(index), IsEmpty());
    note(kOne);
    heal(kOne);
    EXPECT_THAT(told_by(index), ElementsAre(kOne));
    fs::remove_all(brick_);
    EXPECT_THAT(told_by(index), IsEmpty());
  }
}

TEST_F(HealIndexTest, AnotherFolderOfThatNameIsSeen) {
  HealIndex index(brick_);
  EXPECT_THAT(told_by(index), IsEmpty());
  fs::rename(brick_ + "/.glusterfs", brick_ + "/old");
  make();
  EXPECT_THAT(told_by(index), IsEmpty());
  note(kOne);
  heal(kOne);
  EXPECT_THAT(told_by(index), ElementsAre(kOne));
  ASSERT_TRUE(write_file(brick_ + "/old/indices/xattrop/" + kTwo, "").ok());
  ASSERT_TRUE(fs::remove(brick_ + "/old/indices/xattrop/" + kTwo));
  EXPECT_THAT(told_by(index), IsEmpty());
}

}  // namespace
}  // namespace bramble
