// SPDX-License-Identifier: Apache-2.0
#include "node/geo_worker.hh"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

class GeoWorkerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "bramble_geo_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    session_ = {.volume = "web",
                .target = "geoaccount@cluster04::web-offsite",
                .offsite = "cluster04",
                .offsite_volume = "web-offsite",
                .state_folder = root_,
                .run_folder = root_};
  }
  void TearDown() override { fs::remove_all(root_); }
  void put(const std::string& name, const std::string& content) {
    fs::create_directories(root_ + "/web_cluster04_web-offsite");
    ASSERT_TRUE(write_file(root_ + "/" + name, content).ok());
  }

  std::string root_;
  GeoSession session_;
};

// A process whose command line says gsyncd, until the test ends.
class Gsyncd {
 public:
  Gsyncd() : pid_(::fork()) {
    if (pid_ == 0) {
      ::execl("/bin/sleep", "gsyncd", "60", nullptr);
      ::_exit(1);
    }
  }
  ~Gsyncd() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string pid() const { return std::to_string(pid_); }
  // Until it has become what it shall be.
  void await() const {
    while (read_file("/proc/" + pid() + "/cmdline").value().find("gsyncd") == std::string::npos)
      ::usleep(1000);
  }

 private:
  pid_t pid_;
};

TEST_F(GeoWorkerTest, WithoutASessionThereIsNothing) {
  const GeoWorker worker = read_geo_worker(session_);
  EXPECT_FALSE(worker.created);
  EXPECT_FALSE(worker.wanted);
  EXPECT_FALSE(worker.monitor);
  EXPECT_EQ(worker.status, std::nullopt);
}

TEST_F(GeoWorkerTest, TellsWhatItsWorkerDoes) {
  const Gsyncd gsyncd;
  gsyncd.await();
  put("web_cluster04_web-offsite/gsyncd.conf", "[vars]\n");
  put("web_cluster04_web-offsite/monitor.status", "Started");
  put("web_cluster04_web-offsite/brick_%2Fsrv%2Fbrick%2Fweb.status",
      R"({"worker_status": "Active", "crawl_status": "Changelog Crawl", "entry": 3, "data": 2,
          "meta": 1, "failures": 7, "last_synced": 1700000004, "last_synced_entry": 1700000009})");
  put("gsyncd-web-cluster04-web-offsite.pid", gsyncd.pid() + "\n");
  const GeoWorker worker = read_geo_worker(session_);
  EXPECT_TRUE(worker.created);
  EXPECT_TRUE(worker.wanted);
  EXPECT_TRUE(worker.monitor);
  EXPECT_EQ(worker.status, "Active");
  EXPECT_EQ(worker.crawl, "Changelog Crawl");
  EXPECT_EQ(worker.progress,
            (GeoProgress{
                .pending = 6, .last_synced = 1'700'000'004, .last_synced_names = 1'700'000'009}));
}

TEST_F(GeoWorkerTest, WhatADeadMonitorsWorkerOnceSaidIsOfNoWorth) {
  put("web_cluster04_web-offsite/gsyncd.conf", "[vars]\n");
  put("web_cluster04_web-offsite/monitor.status", "Started");
  put("web_cluster04_web-offsite/brick_%2Fsrv.status", R"({"worker_status": "Active"})");
  put("gsyncd-web-cluster04-web-offsite.pid", std::to_string(::getpid()));  // another program's
  const GeoWorker worker = read_geo_worker(session_);
  EXPECT_TRUE(worker.wanted);
  EXPECT_FALSE(worker.monitor);
  EXPECT_EQ(worker.status, std::nullopt);
}

TEST_F(GeoWorkerTest, AStoppedSessionIsNotWanted) {
  put("web_cluster04_web-offsite/gsyncd.conf", "[vars]\n");
  put("web_cluster04_web-offsite/monitor.status", "Stopped");
  EXPECT_FALSE(read_geo_worker(session_).wanted);
}

TEST_F(GeoWorkerTest, OneWhoseStateALossOfPowerHasTakenIsWanted) {
  put("web_cluster04_web-offsite/gsyncd.conf", "[vars]\n");
  put("web_cluster04_web-offsite/monitor.status", "");
  EXPECT_TRUE(read_geo_worker(session_).wanted);
  EXPECT_FALSE(read_geo_worker({.volume = "web",
                                .target = "",
                                .offsite = "nobody",
                                .offsite_volume = "web-offsite",
                                .state_folder = session_.state_folder,
                                .run_folder = session_.run_folder})
                   .wanted)
      << "there is none";
}

TEST_F(GeoWorkerTest, OneWhoseSettingsGlusterdCouldNotReadIsWanted) {
  put("web_cluster04_web-offsite/gsyncd.conf", "[vars]\n");
  put("web_cluster04_web-offsite/monitor.status", "Config Corrupted");
  EXPECT_TRUE(read_geo_worker(session_).wanted);
}

TEST_F(GeoWorkerTest, AStatusThatIsHalfWrittenIsNone) {
  const Gsyncd gsyncd;
  gsyncd.await();
  put("web_cluster04_web-offsite/brick_%2Fsrv.status", R"({"worker_status": "Act)");
  put("gsyncd-web-cluster04-web-offsite.pid", gsyncd.pid());
  EXPECT_EQ(read_geo_worker(session_).status, std::nullopt);
}

}  // namespace
}  // namespace bramble
