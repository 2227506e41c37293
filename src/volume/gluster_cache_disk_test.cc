// SPDX-License-Identifier: Apache-2.0
// What is read on the disk of the brick that is here, and what is not.
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "base/file.hh"
#include "volume/gluster_cache_bricks_fixture.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

using std::chrono::milliseconds;

class GlusterCacheDiskTest : public GlusterCacheBricksTest {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(disk_.data()), nullptr);
    if (const auto open = DiskFolder::open(disk_, "", {}); open.error().code == EXDEV)
      GTEST_SKIP() << "/var/tmp is on no file system for bricks";
    ASSERT_TRUE(fs::create_directory(disk_ + "/a"));
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(write_file(disk_ + '/' + page(i), on_disk(i)).ok());
    std::this_thread::sleep_for(milliseconds(150));  // what is younger may have changed
    GlusterCacheBricksTest::SetUp();
    std::string volfile = kFakeVolfile;
    volfile.replace(volfile.find("/srv/brick/web"), std::strlen("/srv/brick/web"), disk_);
    gluster_.volfile = volfile;
    gluster_.way = "/a/";
    begin({});
    for (int i = 0; i < 20; ++i) put_on_bricks(i);
  }
  void TearDown() override { fs::remove_all(disk_); }

  // As the disk has it, but for one link and the content.
  void put_on_bricks(int number) {
    struct stat status = {};
    ASSERT_EQ(::stat((disk_ + '/' + page(number)).c_str(), &status), 0);
    FakeNode& node = gluster_.file(page(number), text_of(number));
    node.mode = status.st_mode;
    node.owner = status.st_uid;
    node.group = status.st_gid;
  }
  // As long as text_of, but another, to tell them apart.
  static std::string on_disk(int number) { return "disk " + std::to_string(number); }
  int by_disk() const { return static_cast<int>(cache_->figures().files_from_disk); }

  std::string disk_ = "/var/tmp/bramble-disk-XXXXXX";
};

TEST_F(GlusterCacheDiskTest, AFileOfTheBrickThatIsHereIsReadOnItsDisk) {
  list();
  const int before = asked();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(open(page(i)), on_disk(i));
  EXPECT_EQ(asked(), before);
  EXPECT_EQ(by_disk(), 20);
  EXPECT_EQ(by_bricks(), 20);
}

TEST_F(GlusterCacheDiskTest, WhatChangedOnTheDiskSinceIsAskedOfTheBrick) {
  list();
  ASSERT_TRUE(write_file(disk_ + "/a/page1", "disk !").ok());
  fs::remove(disk_ + "/a/page2");
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(open(page(2)), text_of(2));
  EXPECT_EQ(open(page(3)), on_disk(3));
  EXPECT_EQ(by_disk(), 1);
}

TEST_F(GlusterCacheDiskTest, WhatIsToBeHealedIsNotReadThereEither) {
  gluster_.mark(*gluster_.to_heal[2], page(1));
  list();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(open(page(2)), on_disk(2));
}

TEST_F(GlusterCacheDiskTest, AFolderThatChangesWhileItIsListedIsAskedOfTheBrick) {
  list_while(0, [&] { ASSERT_TRUE(write_file(disk_ + "/a/more", "").ok()); });
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(by_bricks(), 1);
  EXPECT_EQ(by_disk(), 0);
}

// Asked for too long a way, a brick of 10.3 overruns its stack.
TEST_F(GlusterCacheDiskTest, AFolderThatIsDeepIsNotAskedFor) {
  std::string deep;
  for (int i = 0; i < 15; ++i) deep += "a/";
  gluster_.file(deep + "page1", text_of(1));
  gluster_.on_way = [] { FAIL(); };
  for (int i = 0; i < kMisses; ++i) (void)open(deep + "missing" + std::to_string(i));
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(open(deep + "page1"), text_of(1));
  EXPECT_EQ(by_bricks(), 1);
  EXPECT_EQ(by_disk(), 0);
}

TEST_F(GlusterCacheDiskTest, WhatIsOpenOfTheDiskIsLetGoWhenABrickIsAway) {
  list();
  ASSERT_EQ(open(page(1)), on_disk(1));
  const auto opened = [this] {
    int count = 0;
    for (const auto& each : fs::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      count += fs::read_symlink(each, gone).string().starts_with(disk_) ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(opened(), 1);
  gluster_.file(link_of("2"), "connected = 0\nmsgs_sent = 1\n");
  (void)cache_->look_at_bricks();
  cache_->verify_folders();
  EXPECT_EQ(opened(), 0);
}

TEST_F(GlusterCacheDiskTest, ABrickThatDoesNotTellTheWayIsAsked) {
  gluster_.way = "";
  list();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(by_disk(), 0);
}

TEST_F(GlusterCacheDiskTest, WithABrickAwayNothingIsReadThere) {
  list();
  gluster_.file(link_of("2"), "connected = 0\nmsgs_sent = 1\n");
  (void)cache_->look_at_bricks();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(by_disk(), 0);
}

}  // namespace
}  // namespace bramble
