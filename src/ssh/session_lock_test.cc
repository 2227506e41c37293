// SPDX-License-Identifier: Apache-2.0
#include "ssh/session_lock.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "ssh/other_ssh.hh"

namespace bramble {
namespace {

struct Ends {
  UniqueFd read;
  UniqueFd write;
};

Ends pipe_ends() {
  std::array<int, 2> fds{};
  EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// A machine's side: the script in a shell, and both its streams.
class Holder {
 public:
  explicit Holder(const std::string& script) {
    Ends in = pipe_ends(), out = pipe_ends();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
    std::string shell = "sh", flags = "-euc", text = script;
    std::array<char*, 4> argv = {shell.data(), flags.data(), text.data(), nullptr};
    EXPECT_EQ(::posix_spawnp(&pid_, "sh", &actions, nullptr, argv.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
    input = std::move(in.write);
    output_ = std::move(out.read);
  }
  ~Holder() {
    input.reset();
    wait();
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  // The next line's, which is nothing else.
  std::string verdict() const {
    std::string text;
    for (char byte = 0; ::read(output_.get(), &byte, 1) == 1 && byte != '\n';) text += byte;
    return text.starts_with(kLockVerdict) ? text.substr(kLockVerdict.size())
                                          : "no verdict: " + text;
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    wait();
  }
  void wait() {
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  UniqueFd input;

 private:
  pid_t pid_ = 0;
  UniqueFd output_;
};

class LockScriptTest : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    folder_ = testing::TempDir() + "lockXXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  std::string script(const std::string& who, int patience) const {
    return lock_script({.who = who,
                        .lock_file = folder_ + "/up",
                        .scripts_file = folder_ + "/scripts",
                        .scripts_wait = std::chrono::seconds(60),
                        .patience = std::chrono::seconds(patience)});
  }
  std::string folder_;
};

TEST_F(LockScriptTest, IsHeldByOneAtATimeAndFreeWhenItsConnectionCloses) {
  Holder first(script("anna on desk", 600));
  ASSERT_EQ(first.verdict(), "held");
  ASSERT_EQ(::write(first.input.get(), "..", 2), 2);
  EXPECT_TRUE(Holder(script("bert", 600)).verdict().starts_with("taken anna on desk since "));
  first.input.reset();
  first.wait();
  EXPECT_EQ(Holder(script("bert", 600)).verdict(), "held");
}

TEST_F(LockScriptTest, TellsThatItWaitsForScriptsOfAnEndedRun) {
  const std::string scripts = folder_ + "/scripts";
  const UniqueFd ended(::open(scripts.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::flock(ended.get(), LOCK_EX), 0);
  const Holder holder(script("anna", 600));
  EXPECT_EQ(holder.verdict(), "waits");
  ASSERT_EQ(::flock(ended.get(), LOCK_UN), 0);
  EXPECT_EQ(holder.verdict(), "held");
}

TEST_F(LockScriptTest, IsFreeOnceTheBeatsStayAwayThoughTheConnectionStaysOpen) {
  Holder first(script("anna", 3));
  ASSERT_EQ(first.verdict(), "held");
  ASSERT_EQ(::write(first.input.get(), ".", 1), 1);
  first.wait();  // it ends by itself
  EXPECT_EQ(Holder(script("bert", 600)).verdict(), "held");
}

TEST_F(LockScriptTest, IsFreeAtOnceWhenItsShellIsKilled) {
  Holder first(script("anna", 600));
  ASSERT_EQ(first.verdict(), "held");
  ASSERT_EQ(::write(first.input.get(), ".", 1), 1);
  first.kill();
  std::string told = "not asked";  // a child that it was just starting lets go a moment later
  for (int i = 0; told != "held" && i < 200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    told = Holder(script("bert", 600)).verdict();
  }
  EXPECT_EQ(told, "held") << "what it ran last still holds the lock";
}

// Takes the lock of a machine behind an ssh(1) that does so.
Result<void> take_behind(const std::string& does) {
  const OtherSsh ssh("case $1 in -G) exit 0 ;; esac\n" + does);
  SshHost host({.name = "cluster01", .control_path = "/nowhere"});
  TRY(SessionLock::take(host, [](const std::string&) {}));
  return {};
}

TEST(SessionLock, IsTakenWhateverTheRemoteShellSaysFirst) {
  const Result<void> lock = take_behind(
      "echo 'Welcome!'; echo 'sudo: a warning' >&2; printf 'no line end'\n"
      "echo 'bramble-lock: waits'; echo; echo 'bramble-lock: held'; cat >/dev/null");
  EXPECT_TRUE(lock.ok()) << lock.error().what;
}

TEST(SessionLock, ThatIsNotTakenTellsTheLastWordsOfWhatFailed) {
  const Result<void> lock =
      take_behind("echo 'Welcome!'; echo 'sudo: a password is required' >&2; exit 1");
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(
      lock.error().what,
      "cluster01: the connection ended before the lock was taken: sudo: a password is required");
}

pid_t ended_child() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  return pid;
}

TEST(SessionLock, BeatsForAsLongAsItIsHeld) {
  Ends ends = pipe_ends();
  std::array<char, 3> beats{};
  {
    const SessionLock lock(ended_child(), std::move(ends.write), std::chrono::milliseconds(1), {});
    for (char& beat : beats) ASSERT_EQ(::read(ends.read.get(), &beat, 1), 1);
  }
  EXPECT_EQ(beats, (std::array<char, 3>{'.', '.', '.'}));
  char rest = 0;
  while (::read(ends.read.get(), &rest, 1) == 1) {
  }  // ends: nobody holds the other end any more
}

TEST(SessionLock, TellsWhenItIsLost) {
  ::signal(SIGPIPE, SIG_IGN);
  Ends ends = pipe_ends();
  ends.read.reset();
  std::promise<void> told;
  const SessionLock lock(ended_child(), std::move(ends.write), std::chrono::milliseconds(1),
                         [&told] { told.set_value(); });
  told.get_future().wait();
}

}  // namespace
}  // namespace bramble
