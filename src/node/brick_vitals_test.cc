// SPDX-License-Identifier: Apache-2.0
#include "node/brick_vitals.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/file.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

class BrickVitalsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "bramble_brick_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    place_ = {.folder = root_ + "/web", .mount = "", .volume = "web", .run_folder = root_};
    fs::create_directories(root_ + "/web/.glusterfs/indices/xattrop");
    fs::create_directories(root_ + "/vols/web");
    fs::create_directories(root_ + "/vols/other");
  }
  void TearDown() override { fs::remove_all(root_); }
  void put(const std::string& path, const std::string& content) {
    ASSERT_TRUE(write_file(root_ + path, content).ok());
  }
  std::string pid_file(const std::string& volume) {
    std::string name = root_ + "/web.pid";
    std::replace(name.begin(), name.end(), '/', '-');
    return "/vols/" + volume + "/cluster01" + name;
  }

  std::string root_;
  BrickPlace place_;
};

TEST_F(BrickVitalsTest, TellsSpaceOfItsFilesystem) {
  const BrickVitals vitals = read_brick_vitals(place_);
  EXPECT_EQ(vitals.folder, root_ + "/web");
  EXPECT_TRUE(vitals.mounted);
  EXPECT_GT(vitals.total_bytes, 0U);
  EXPECT_LE(vitals.free_bytes, vitals.total_bytes);
}

TEST_F(BrickVitalsTest, IsOnlineWhileItsProcessLives) {
  EXPECT_FALSE(read_brick_vitals(place_).online);
  put(pid_file("other"), std::to_string(::getpid()));
  EXPECT_FALSE(read_brick_vitals(place_).online);
  put(pid_file("web"), std::to_string(::getpid()) + "\n");
  EXPECT_TRUE(read_brick_vitals(place_).online);
  put(pid_file("web"), "2147483000\n");
  EXPECT_FALSE(read_brick_vitals(place_).online);
}

TEST_F(BrickVitalsTest, CountsHeals) {
  EXPECT_EQ(read_brick_vitals(place_).heals_pending, 0U);
  put("/web/.glusterfs/indices/xattrop/5e5f", "");
  EXPECT_EQ(read_brick_vitals(place_).heals_pending, 1U);
}

TEST_F(BrickVitalsTest, AFolderThatIsNotOnItsOwnFilesystemIsNotMounted) {
  put(pid_file("web"), std::to_string(::getpid()));
  place_.mount = root_;
  EXPECT_FALSE(read_brick_vitals(place_).mounted);
  EXPECT_FALSE(read_brick_vitals(place_).online);
  place_.mount = "/proc";
  EXPECT_TRUE(read_brick_vitals(place_).mounted);
}

TEST_F(BrickVitalsTest, AMissingOneIsNotMounted) {
  place_.folder = root_ + "/missing";
  const BrickVitals vitals = read_brick_vitals(place_);
  EXPECT_FALSE(vitals.mounted);
  EXPECT_EQ(vitals.total_bytes, 0U);
  EXPECT_EQ(vitals.heals_pending, std::nullopt);
}

}  // namespace
}  // namespace bramble
