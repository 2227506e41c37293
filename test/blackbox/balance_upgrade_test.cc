// SPDX-License-Identifier: Apache-2.0
// Upgrades: another process takes over, and nobody who visits notices.
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <regex>

#include "balance_fixture.hh"
#include "base/file.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

class BalanceUpgradeTest : public BalanceTest {
 protected:
  ~BalanceUpgradeTest() override {
    for (const pid_t pid : successors_) ::kill(pid, SIGKILL);
  }

  void balance_copy(const std::vector<std::string>& flags = {}) {
    if (!std::filesystem::exists(program_)) std::filesystem::copy_file(BRAMBLE_PROGRAM, program_);
    std::vector<std::string> argv = {
        program_,      "balance",   "--listen", "127.0.0.1:0", "--admin",
        "127.0.0.1:0", "--control", control_,   "--threads",   "2"};
    add_patience(argv, flags);
    for (const ScriptedBackend& made : backends_) {
      argv.emplace_back("--to");
      argv.push_back(made.where());
    }
    argv.insert(argv.end(), flags.begin(), flags.end());
    balancer_ = std::make_unique<ChildProcess>(argv);
    port_ = port_in(balancer_->after("listening on http://127.0.0.1:"));
    admin_port_ = port_in(balancer_->after("status on http://127.0.0.1:"));
    ASSERT_NE(port_, 0) << balancer_->err();
  }

  // As an installer does it: the old file stays what the running process is.
  void replace_program_by(const std::string& path) const {
    std::filesystem::copy_file(path, program_ + ".new");
    std::filesystem::rename(program_ + ".new", program_);
  }

  int upgrade(std::string* said = nullptr) {
    ChildProcess order({BRAMBLE_PROGRAM, "balance", "--upgrade", "--control", control_});
    const int status = order.wait();
    if (said != nullptr) *said = order.after("bramble: ");
    if (status == 0) note_successor();
    return status;
  }

  // One more than there are: the process tells of it while the order is answered.
  void note_successor() {
    static const std::regex kHandover("hands over to process ([0-9]+)");
    for (int i = 0; i < 2000; ++i) {
      const std::string log = balancer_->err();
      std::vector<pid_t> all;
      for (std::sregex_iterator at(log.begin(), log.end(), kHandover), end; at != end; ++at)
        all.push_back(std::stoi((*at)[1]));
      if (all.size() > successors_.size()) {
        successors_ = all;
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  // Its parent does not wait for it.
  static void wait_for_end_of(pid_t pid) {
    std::string status;
    for (int i = 0; i < 2000 && status.find("State:\tZ") == std::string::npos; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      status = read_file(fmt::format("/proc/{}/status", pid)).value();
    }
    EXPECT_THAT(status, HasSubstr("State:\tZ"));
  }

  TemporaryFolder folder_;
  std::string program_ = folder_.path() + "/bramble";
  std::string control_ = folder_.path() + "/control";
  std::vector<pid_t> successors_;
};

TEST_F(BalanceUpgradeTest, TheNewProgramTakesOverAndTheOldOneEnds) {
  backend("a");
  balance_copy();
  EXPECT_EQ(ask().body, "a\n");
  replace_program_by(BRAMBLE_PROGRAM);
  ASSERT_EQ(upgrade(), 0) << balancer_->err();
  ASSERT_EQ(successors_.size(), 1U);
  EXPECT_EQ(balancer_->wait(), 0);
  const std::string exe =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", successors_[0]));
  EXPECT_EQ(exe, program_) << "and not the file that was replaced";
  EXPECT_EQ(ask().body, "a\n");
  EXPECT_TRUE(status_shows("\"2xx\": 1,"));
}

TEST_F(BalanceUpgradeTest, BehindASymlinkItIsWhatThatLeadsToThen) {
  backend("a");
  const std::string second = folder_.path() + "/second";
  std::filesystem::copy_file(BRAMBLE_PROGRAM, folder_.path() + "/first");
  std::filesystem::copy_file(BRAMBLE_PROGRAM, second);
  std::filesystem::create_symlink("first", program_);
  balance_copy();
  std::filesystem::create_symlink("second", program_ + ".new");
  std::filesystem::rename(program_ + ".new", program_);
  ASSERT_EQ(upgrade(), 0) << balancer_->err();
  ASSERT_EQ(successors_.size(), 1U);
  const std::string exe =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", successors_[0]));
  EXPECT_EQ(exe, second);
  EXPECT_EQ(ask().body, "a\n");
}

TEST_F(BalanceUpgradeTest, CanBeDoneAgainAndAgain) {
  backend("a");
  balance_copy();
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(upgrade(), 0) << balancer_->err();
    EXPECT_EQ(ask().body, "a\n");
  }
  EXPECT_EQ(successors_.size(), 3U);
}

TEST_F(BalanceUpgradeTest, ComesBySignalToo) {
  backend("a");
  balance_copy();
  balancer_->signal(SIGUSR2);
  note_successor();
  EXPECT_EQ(balancer_->wait(), 0);
  EXPECT_EQ(ask().body, "a\n");
}

TEST_F(BalanceUpgradeTest, WhatIsUnderWayGoesOnInTheOldProcess) {
  ScriptedBackend& a = hello_world("a");
  balance_copy({"--drain-timeout", "1"});
  RawClient visitor = client();
  visitor.send(kGet);
  a.wait_for_request();
  ASSERT_EQ(upgrade(), 0);
  EXPECT_TRUE(status_shows("\"draining\": false"));
  go_ = true;
  EXPECT_EQ(visitor.answer().body, "helloworld");
  EXPECT_EQ(balancer_->wait(), 0);
}

// systemd does not see it while we are there: it is no child of its own.
TEST_F(BalanceUpgradeTest, WhereTheNewProcessFailsTheOldOneDoesNotStayBehindIt) {
  ScriptedBackend& a = hello_world("a");
  balance_copy({"--drain-timeout", "600"});
  RawClient visitor = client();
  visitor.send(kGet);
  a.wait_for_request();
  ASSERT_EQ(upgrade(), 0);
  ::kill(successors_.at(0), SIGKILL);
  EXPECT_EQ(balancer_->wait(), 0);
  EXPECT_NE(balancer_->after("which took over, was ended by signal 9"), "");
}

TEST_F(BalanceUpgradeTest, TheOldestIsNotEndedByTheEndOfItsSuccessorsOwnTime) {
  ScriptedBackend& a = hello_world("a");
  balance_copy();
  RawClient visitor = client();
  visitor.send(kGet);
  a.wait_for_request();
  for (int i = 0; i < 2; ++i) ASSERT_EQ(upgrade(), 0) << balancer_->err();
  wait_for_end_of(successors_.at(0));
  go_ = true;
  EXPECT_EQ(visitor.answer().body, "helloworld");
  EXPECT_EQ(balancer_->wait(), 0);
}

TEST_F(BalanceUpgradeTest, AProgramThatDoesNotStartChangesNothing) {
  backend("a");
  balance_copy();
  const std::string not_one = folder_.write("not-a-program", "rubbish");
  ::chmod(not_one.c_str(), 0755);
  for (const auto& [program, words] : std::map<std::string, std::string>{
           {"/bin/false", "ended with status 1"}, {not_one, "Exec format error"}}) {
    replace_program_by(program);
    std::string said;
    EXPECT_EQ(upgrade(&said), 1);
    EXPECT_THAT(said, HasSubstr(words));
    EXPECT_NE(balancer_->after("we go on as before: "), "");
    EXPECT_EQ(ask().body, "a\n");
  }
  replace_program_by(BRAMBLE_PROGRAM);
  EXPECT_EQ(upgrade(), 0) << "and it may be tried again";
}

TEST_F(BalanceUpgradeTest, UnderLoadFailsNoRequest) {
  for (const char* name : {"a", "b"}) backend(name);
  balance_copy();
  std::atomic<int> answered{0}, failed{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> visitors;
  for (int i = 0; i < 8; ++i)
    visitors.emplace_back([&, i] {
      PromptVisitor visitor(port_);
      while (!over) {
        if (i % 2 == 0) visitor.come_again();
        const RawAnswer answer = visitor.ask();
        const bool good = answer.whole && answer.status() == 200;
        if (good || visitor.was_prompt()) ++(good ? answered : failed);
        if (!good || answer.field("Connection") == "close") visitor.come_again();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // for the upgrades' sake
      }
    });
  for (int i = 0; i < 10; ++i) ASSERT_EQ(upgrade(), 0) << balancer_->err();
  const int before = answered;
  while (answered < before + 500 && failed == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  over = true;
  for (std::thread& visitor : visitors) visitor.join();
  EXPECT_EQ(failed, 0) << "of " << answered;
}

}  // namespace
}  // namespace bramble::test
