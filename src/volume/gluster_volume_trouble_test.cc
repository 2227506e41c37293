// SPDX-License-Identifier: Apache-2.0
// When a volume is in trouble, and when it is well again.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <future>
#include <thread>
#include <utility>

#include "volume/fake_gluster.hh"
#include "volume/gluster_volume.hh"

namespace bramble {
namespace {

TEST(GlusterVolume, IsReachedWhenItComesUpLater) {
  FakeGluster gluster;
  gluster.refused_inits = 1;
  gluster.file("page", "a page");
  const auto volume =
      GlusterVolume::create({.host = "localhost", .volume = "web"}, gluster.library(),
                            {.probe_pause = std::chrono::hours(1)});
  while (volume->trouble() && volume->trouble()->what.find("still connecting") != std::string::npos)
    std::this_thread::yield();
  const auto early = volume->open("page");
  if (!early.ok()) {  // else the second try has come before us
    EXPECT_EQ(early.error().code, ENOTCONN);
    EXPECT_EQ(early.error().what,
              "volume web at localhost: glfs_init: Transport endpoint is not connected");
    EXPECT_EQ(early.error().side, Side::kBackend);
    EXPECT_TRUE(early.error().retryable);
  }
  while (volume->trouble()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(volume->open("page").ok());
}

// Only what a probe tells is trouble, not how long it takes.
constexpr GlusterVolume::Options kPatient{.probe_patience = std::chrono::hours(1)};

class GlusterVolumeProbeTest : public testing::Test {
 protected:
  void start(GlusterVolume::Options options, std::string path = "") {
    options.probe_pause = std::chrono::milliseconds(1);
    volume_ = GlusterVolume::create({.host = "localhost", .volume = "web", .path = path},
                                    gluster_.library(), options);
  }
  void wait_until_well() {
    while (volume_->trouble()) std::this_thread::yield();
  }
  void wait_for_probes(int count) {
    for (const int goal = probes_ + count; probes_ < goal;) std::this_thread::yield();
  }
  std::string wait_for_trouble(const std::string& word) {
    for (;;) {
      const auto trouble = volume_->trouble();
      if (trouble && trouble->what.find(word) != std::string::npos) return trouble->what;
      std::this_thread::yield();
    }
  }

  FakeGluster gluster_;
  std::atomic<int> probes_{0};
  std::unique_ptr<GlusterVolume> volume_;
};

TEST_F(GlusterVolumeProbeTest, AVolumeThatFailsIsInTroubleUntilItAnswersAgain) {
  start(kPatient);
  wait_until_well();
  gluster_.lookup_error = ENOTCONN;
  EXPECT_EQ(wait_for_trouble(""),
            "volume web at localhost: open \".bramble\" in the volume: "
            "Transport endpoint is not connected");
  EXPECT_EQ(volume_->trouble()->code, ENOTCONN);
  EXPECT_TRUE(volume_->trouble()->retryable);
  gluster_.lookup_error = 0;
  wait_until_well();
}

TEST_F(GlusterVolumeProbeTest, AVolumeThatLooksNamesUpButReadsNothingIsInTrouble) {
  start(kPatient);
  wait_until_well();
  gluster_.read_error = EIO;
  EXPECT_EQ(wait_for_trouble(""),
            "volume web at localhost: read the status of the root: Input/output error");
}

TEST_F(GlusterVolumeProbeTest, AProbeThatDoesNotComeBackIsTrouble) {
  std::promise<void> released;
  gluster_.on_lookup = [&, wait = released.get_future().share()](const std::string&) {
    wait.wait();
  };
  start({.probe_patience = std::chrono::milliseconds(1)});
  EXPECT_TRUE(wait_for_trouble("not answered")
                  .starts_with("volume web at localhost: has not answered for "));
  released.set_value();
  wait_until_well();
  volume_.reset();  // its thread needs what stands here
}

TEST_F(GlusterVolumeProbeTest, AProbeThatTakesItsTimeIsNoTrouble) {
  std::promise<void> asked, released;
  gluster_.on_lookup = [&, first = true](const std::string&) mutable {
    if (!std::exchange(first, false)) return;
    asked.set_value();
    released.get_future().wait();
  };
  start(kPatient);
  asked.get_future().wait();
  EXPECT_FALSE(volume_->trouble());
  released.set_value();
  volume_.reset();  // its thread needs what stands here
}

TEST_F(GlusterVolumeProbeTest, WhatThereIsOnTheVolumeIsNoTrouble) {
  gluster_.on_lookup = [&](const std::string&) { ++probes_; };
  gluster_.file("page", "");
  for (const char* path : {"", "missing", "page"}) {  // the folder that is served
    start(kPatient, path);
    wait_for_probes(3);
    EXPECT_FALSE(volume_->trouble()) << path;
    volume_.reset();
  }
  EXPECT_EQ(gluster_.handles, 0);
}

}  // namespace
}  // namespace bramble
