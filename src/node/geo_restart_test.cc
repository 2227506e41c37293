// SPDX-License-Identifier: Apache-2.0
#include "node/geo_restart.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/file.hh"
#include "node/geo_watch.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

class GeoRestartTest : public ::testing::Test {
 protected:
  ~GeoRestartTest() override { fs::remove_all(folder_); }

  // What a gluster that tells its verbs, and fails at one of them, was asked for.
  GeoRestart::Gluster gluster(std::string fails_at = "") {
    return [this, fails_at](const std::string& verb) -> Result<void> {
      asked_ += verb + (session_of("web").unfinished() ? "(marked) " : " ");
      if (verb == fails_at) return failure("glusterd is not running");
      return {};
    };
  }
  GeoRestart session_of(const std::string& volume) {
    GeoSession other = session_;
    other.volume = volume;
    return GeoRestart(other, gluster());
  }

  const std::string folder_ = testing::TempDir() + "bramble_restart_" + std::to_string(::getpid());
  GeoSession session_{.volume = "web",
                      .target = "geoaccount@away::web-offsite",
                      .offsite = "away",
                      .offsite_volume = "web-offsite",
                      .state_folder = folder_ + "/glusterd",
                      .run_folder = folder_ + "/run",
                      .restart_mark = folder_ + "/state/georep-restart"};
  std::string asked_;
};

TEST_F(GeoRestartTest, IsMarkedFromBeforeTheStopUntilItHasStarted) {
  GeoRestart session(session_, gluster());
  EXPECT_FALSE(session.unfinished());
  EXPECT_TRUE(session.restart().ok());
  EXPECT_EQ(asked_, "stop(marked) start(marked) ");
  EXPECT_FALSE(session.unfinished()) << "so that who stops it later finds no mark";
}

TEST_F(GeoRestartTest, WhereTheStartFailsItIsOwedAlsoAfterThisProgramsEnd) {
  EXPECT_FALSE(GeoRestart(session_, gluster("start")).restart().ok());
  GeoRestart next(session_, gluster());
  EXPECT_TRUE(next.unfinished());
  EXPECT_TRUE(next.start().ok());
  EXPECT_FALSE(next.unfinished());
}

// The command took too long, say, and glusterd does what it was told nevertheless.
TEST_F(GeoRestartTest, WhereTheStopFailsTheStartIsOwed) {
  GeoRestart session(session_, gluster("stop"));
  EXPECT_FALSE(session.restart().ok());
  EXPECT_TRUE(session.unfinished());
}

TEST_F(GeoRestartTest, WithoutAMarkNothingIsStopped) {
  ASSERT_TRUE(fs::create_directories(session_.restart_mark));  // no file can be there
  EXPECT_FALSE(GeoRestart(session_, gluster()).restart().ok());
  EXPECT_EQ(asked_, "");
}

TEST_F(GeoRestartTest, OfAnotherSessionIsNoneOfThisOne) {
  EXPECT_FALSE(GeoRestart(session_, gluster("start")).restart().ok());
  EXPECT_TRUE(session_of("web").unfinished());
  EXPECT_FALSE(session_of("another").unfinished());
}

class GeoWatchRestartTest : public GeoRestartTest {
 protected:
  GeoWatchRestartTest() {
    const std::string state = session_.state_folder + "/web_away_web-offsite";
    fs::create_directories(state);
    fs::create_directories(folder_ + "/state");
    EXPECT_TRUE(write_file(state + "/gsyncd.conf", "").ok());
    EXPECT_TRUE(write_file(state + "/monitor.status", "Stopped\n").ok());
  }

  // One look of a watch. Where something is to be done at it: what the watch says of it.
  std::string look(bool acts) {
    std::atomic<bool> looked = false;
    const auto newest = [&looked] {
      looked = true;
      return std::optional<Heartbeat>();
    };
    const GeoWatch watch(clock_, {.session = session_,
                                  .offsite = {.address = "127.0.0.1", .port = 1},
                                  .name = "n1",
                                  .newest = newest,
                                  .gluster = gluster()});
    while (!looked || (acts && watch.snapshot().last_action.empty()))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return watch.snapshot().last_action;
  }

  SystemClock clock_;
};

TEST_F(GeoWatchRestartTest, AnUnfinishedOneIsFinishedAtTheFirstLook) {
  ASSERT_FALSE(GeoRestart(session_, gluster("start")).restart().ok());
  asked_.clear();
  EXPECT_EQ(look(/*acts=*/true), "started because its last restart is unfinished");
  EXPECT_EQ(asked_, "start(marked) ");
  EXPECT_FALSE(session_of("web").unfinished());
}

TEST_F(GeoWatchRestartTest, WhatSomebodyElseHasStoppedStaysSo) {
  EXPECT_EQ(look(/*acts=*/false), "");
  EXPECT_EQ(asked_, "");
}

}  // namespace
}  // namespace bramble
