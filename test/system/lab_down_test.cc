// SPDX-License-Identifier: Apache-2.0
// `lab down` leaves nothing, whatever happened before. A lab of its own, beside the tests' other
// one.
#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "system/lab_fixture.hh"

namespace bramble::test {
namespace {

using ::testing::IsEmpty;
using namespace std::chrono_literals;

class LabDown : public LabTest {
 protected:
  void SetUp() override {
    LabTest::SetUp();
    if (!IsSkipped()) lab_.lab_ok({"down"});
  }
  void TearDown() override { lab_.lab({"down"}); }

  // Starts `lab up` and kills it with SIGKILL as soon as it got so far.
  void kill_up_when(const std::function<bool()>& so_far) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      ::execl(program(), program(), "lab", "--name", lab_.name().c_str(), "up", nullptr);
      ::_exit(127);
    }
    EXPECT_TRUE(eventually(so_far, 120s, 1ms));
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it was done before it was killed";
  }

  // From early to late; each is there while `up` still works.
  std::vector<std::function<bool()>> moments() {
    const auto exists = [](std::string path) {
      return [path = std::move(path)] { return std::filesystem::exists(path); };
    };
    return {exists(lab_.folder()),
            exists("/run/netns/" + lab_.operator_netns()),
            [this] { return the_gate_begins(); },
            exists(lab_.folder() + "/ready"),
            exists(lab_.folder() + "/hosts/front/disk.img"),
            exists(lab_.folder() + "/hosts/front/screen.log")};
  }

  // The gate's process makes its control groups, one after the other; the log comes after them.
  bool the_gate_begins() const {
    std::error_code none;
    for (const auto& hierarchy : std::filesystem::directory_iterator("/sys/fs/cgroup", none))
      if (std::filesystem::exists(hierarchy.path() / "bramble-lab" / lab_.name() / "gate", none))
        return true;
    return std::filesystem::exists(lab_.folder() + "/gate.log");
  }

  const Lab lab_{Lab::default_name() + "-down"};
};

TEST_F(LabDown, LeavesNothing) {
  lab_.lab_ok({"up"});
  EXPECT_FALSE(lab_.traces().empty()) << "the search for traces finds none, ever";
  lab_.lab_ok({"down"});
  EXPECT_THAT(lab_.traces(), IsEmpty());
}

TEST_F(LabDown, IsDoneAtOnceWhereThereIsNoLab) {
  lab_.lab_ok({"down"});
  EXPECT_THAT(lab_.traces(), IsEmpty());
}

TEST_F(LabDown, EndsSessionsThatAreStillOpen) {
  lab_.lab_ok({"up"});
  const std::string socket = "/tmp/bramble-" + lab_.name() + "-master";
  ASSERT_TRUE(run_ok({"ssh", "-F", lab_.ssh_config(), "-o", "ControlMaster=yes", "-o",
                      "ControlPersist=yes", "-o", "ControlPath=" + socket, "-fN", "cluster01"})
                  .ok());
  lab_.lab_ok({"cut", "cluster01"});  // nobody tells the session that its host is gone
  lab_.lab_ok({"down"});
  EXPECT_TRUE(eventually([&] { return lab_.traces().empty(); }));
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(socket); }));
}

TEST_F(LabDown, LeavesNothingOfAKilledUp) {
  for (std::size_t i = 0; i < moments().size(); ++i) {
    SCOPED_TRACE(i);
    kill_up_when(moments()[i]);
    lab_.lab_ok({"down"});
    EXPECT_THAT(lab_.traces(), IsEmpty());
  }
}

TEST_F(LabDown, IsNotNeededBetweenAKilledUpAndTheNext) {
  for (std::size_t i = 0; i < moments().size(); ++i) {
    SCOPED_TRACE(i);
    kill_up_when(moments()[i]);
  }
  lab_.lab_ok({"up"});
  for (const std::string& host : all_hosts()) lab_.ssh_ok(host, "true");
}

}  // namespace
}  // namespace bramble::test
