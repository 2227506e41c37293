// SPDX-License-Identifier: Apache-2.0
#include "node/healed_times.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file.hh"
#include "volume/fake_gluster.hh"
#include "volume/fake_volfile.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

class HealedTimesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "bramble_healed_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    brick_ = pattern;
    fs::create_directories(index());
    gluster_.volfile = kFakeVolfile;
    gluster_.volfile.replace(gluster_.volfile.find("/srv/brick/web"), 14, brick_);
    times_.emplace(clock_, GlusterAddress{.host = "localhost", .volume = "web"}, "127.0.0.1",
                   brick_, &gluster_.library());
    times_->look();
  }
  void TearDown() override { fs::remove_all(brick_); }

  std::string index() const { return brick_ + "/.glusterfs/indices/xattrop/"; }

  // Written in the middle of its heal, so long ago.
  void heal(const std::string& path, std::chrono::seconds ago = {}) {
    FakeNode& file = gluster_.file(path, path);
    const auto time = std::chrono::floor<std::chrono::seconds>(clock_.wall() - ago);
    file.modified = {.tv_sec = time.time_since_epoch().count(), .tv_nsec = 0};
    file.on_brick[1] = FakeCopy{.content = path,
                                .modified = {.tv_sec = file.modified.tv_sec - 3, .tv_nsec = 0},
                                .changed = file.modified};
    const std::string noted = index() + to_string(gluster_.gfid(path));
    ASSERT_TRUE(write_file(noted, "").ok());
    ASSERT_TRUE(fs::remove(noted));
  }
  bool is_alike(const std::string& path) {
    const FakeNode& file = gluster_.file(path, path);
    return same(file.modified, file.on_brick[1]->modified);
  }
  // So many looks, until it is.
  int looks_until_alike(const std::string& path, int looks_max = 100) {
    int looks = 0;
    for (; !is_alike(path) && looks < looks_max; ++looks) times_->look();
    return looks;
  }

  FakeClock clock_;
  FakeGluster gluster_;
  std::string brick_;
  std::optional<HealedTimes> times_;
};

TEST_F(HealedTimesTest, WhatWasHealedIsComparedAtTheNextLook) {
  EXPECT_EQ(gluster_.sessions, 0) << "nothing was healed yet";
  heal("film.bin");
  EXPECT_EQ(looks_until_alike("film.bin"), 2);
}

TEST_F(HealedTimesTest, AFileThatChangesIsTriedAgainButNotForEver) {
  heal("film.bin");
  FakeCopy& copy = *gluster_.file("film.bin", "film.bin").on_brick[1];
  const auto changed = copy.changed;
  copy.changed.reset();
  for (int i = 0; i < 5; ++i) times_->look();
  EXPECT_FALSE(is_alike("film.bin"));
  copy.changed = changed;
  EXPECT_EQ(looks_until_alike("film.bin"), 1);

  heal("other.bin");
  gluster_.file("other.bin", "other.bin").on_brick[1]->changed.reset();
  for (int i = 0; i < 20; ++i) times_->look();
  const int before = gluster_.stats + gluster_.lookups;
  gluster_.file("other.bin", "other.bin").on_brick[1]->changed = changed;
  EXPECT_EQ(looks_until_alike("other.bin"), 100) << "forgotten";
  EXPECT_EQ(gluster_.stats + gluster_.lookups, before);
}

TEST_F(HealedTimesTest, AVolumeThatIsNotReachedIsAskedAgainLater) {
  gluster_.refused_inits = 1;
  heal("film.bin");
  EXPECT_EQ(looks_until_alike("film.bin"), 18) << "half a minute";
}

// Nor does it grow old while nobody is reached.
TEST_F(HealedTimesTest, ABrickThatIsAwayIsWaitedFor) {
  heal("film.bin");
  times_->look();
  for (int days = 0; days < 10; ++days) {
    gluster_.refused_inits = 1;
    for (int looks = 0; looks < 16; ++looks) times_->look();
    clock_.advance(std::chrono::hours(24));
    EXPECT_FALSE(is_alike("film.bin"));
  }
  EXPECT_EQ(looks_until_alike("film.bin"), 1);
}

TEST_F(HealedTimesTest, AFileThatFailsDoesNotHinderOthers) {
  heal("bad.bin");
  times_->look();
  gluster_.write_error = EIO;
  times_->look();
  gluster_.write_error = 0;
  heal("film.bin");
  EXPECT_EQ(looks_until_alike("film.bin"), 2);
  EXPECT_TRUE(is_alike("bad.bin"));
}

TEST_F(HealedTimesTest, WhatIsOldIsNotCompared) {
  heal("film.bin", std::chrono::hours(24 * 8));
  heal("new.bin", std::chrono::hours(24 * 6));
  EXPECT_EQ(looks_until_alike("new.bin"), 2);
  EXPECT_FALSE(is_alike("film.bin"));
}

TEST_F(HealedTimesTest, ManyTakeSeveralLooks) {
  const int files = 2 * static_cast<int>(HealedTimes::kAtALook) + 1;
  for (int i = 0; i < files; ++i) heal("f" + std::to_string(i));
  EXPECT_EQ(looks_until_alike("f" + std::to_string(files - 1)), 4);
}

}  // namespace
}  // namespace bramble
