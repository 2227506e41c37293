// SPDX-License-Identifier: Apache-2.0
#include "ssh/ssh_host.hh"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file.hh"
#include "base/interrupt.hh"

namespace bramble {
namespace {

// A machine behind an ssh(1) of our own, while it lives.
class OtherSsh {
 public:
  explicit OtherSsh(const std::string& does) {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    EXPECT_TRUE(write_file(folder_ + "/ssh", "#!/bin/sh\n" + does, 0755).ok());
    ::setenv("PATH", (folder_ + ":" + ::getenv("PATH")).c_str(), 1);
  }
  ~OtherSsh() { std::filesystem::remove_all(folder_); }
  OtherSsh(const OtherSsh&) = delete;
  OtherSsh& operator=(const OtherSsh&) = delete;

  SshHost host{{.name = "cluster01", .control_path = "/nowhere"}};

 private:
  std::string folder_ = "/tmp/bramble-other-ssh-XXXXXX";
};

TEST(SshHost, RunsNoScriptOnceItRefuses) {
  SshHost host({.name = "cluster01", .control_path = "/nowhere"});
  host.refuse("the lock is lost");
  const Result<Outcome> refused = host.run({.text = "true"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().what, "cluster01: the lock is lost");
}

// In a process of its own: an interrupt holds for the whole of it.
TEST(SshHostDeathTest, AnInterruptEndsAScriptButForOneThatIgnoresIt) {
  const auto run_both = [] {
    bool as_wanted = false;
    {
      OtherSsh ssh("sleep 0.1\n");
      catch_interrupts();
      const bool before = ssh.host.run({.text = "true"}).ok();
      ::raise(SIGINT);
      const Result<Outcome> ended = ssh.host.run({.text = "true"});
      const Result<Outcome> whole = ssh.host.run({.text = "sync", .ignore_interrupt = true});
      as_wanted = before && !ended.ok() && ended.error().code == EINTR && whole.ok() && whole->ok();
    }
    ::_exit(as_wanted ? 0 : 1);
  };
  EXPECT_EXIT(run_both(), testing::ExitedWithCode(0), "");
}

TEST(SshHostDeathTest, ASecondInterruptEndsUsAlsoThen) {
  const auto interrupt_twice = [] {
    OtherSsh ssh("case $* in *sync*) rm -r \"${0%/*}\"; kill -INT $PPID; exec sleep 2 ;; esac\n");
    catch_interrupts();
    (void)ssh.host.run({.text = "true"});
    ::raise(SIGINT);
    (void)ssh.host.run({.text = "sync", .ignore_interrupt = true});
    ::_exit(1);
  };
  EXPECT_EXIT(interrupt_twice(), testing::ExitedWithCode(128 + SIGINT), "");
}

}  // namespace
}  // namespace bramble
