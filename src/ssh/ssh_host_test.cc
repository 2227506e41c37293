// SPDX-License-Identifier: Apache-2.0
#include "ssh/ssh_host.hh"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "base/interrupt.hh"
#include "ssh/other_ssh.hh"

namespace bramble {
namespace {

TEST(SshHost, RunsNoScriptOnceItRefuses) {
  SshHost host({.name = "cluster01", .control_path = "/nowhere"});
  host.refuse("the lock is lost");
  const Result<Outcome> refused = host.run({.text = "true"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().what, "cluster01: the lock is lost");
}

TEST(SshHost, PassesOverWhatTheRemoteShellSaysBeforeTheScript) {
  const OtherSsh ssh(R"sh([ "$1" != -G ] || exit 0
printf Welcome
echo 'no terminal' >&2
printf '\n== bramble ==\n'
printf '\n== bramble ==\n' >&2
printf '\037\213'
exit 1
)sh");
  SshHost host({.name = "cluster01", .control_path = "/nowhere"});
  const Result<Outcome> outcome = host.run({.text = "gzip"});
  ASSERT_TRUE(outcome.ok()) << outcome.error().what;
  EXPECT_EQ(outcome->out, "\037\213");
  EXPECT_EQ(outcome->err, "");
}

TEST(SshHost, KnowsWhatToDoAboutAChangedHostKey) {
  const OtherSsh ssh(R"sh([ "$1" != -G ] || exit 0
echo '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @' >&2
echo 'Host key for [192.168.2.5]:2222 has changed and you have requested strict checking.' >&2
echo 'Host key verification failed.' >&2
exit 255
)sh");
  SshHost host({.name = "cluster01", .address = "192.168.2.5", .control_path = "/nowhere"});
  const Result<Outcome> refused = host.run({.text = "true"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().what,
            "cluster01: ssh: Host key verification failed: it is another machine than before, or "
            "was set up anew: if you know why, run ssh-keygen -R '[192.168.2.5]:2222'");
}

TEST(ControlFolder, IsRemovedByTheNextOneWhereItsProgramWasKilled) {
  const auto mine = ControlFolder::make();
  ASSERT_TRUE(mine.ok()) << mine.error().what;
  const std::string left = (*mine)->path() + "-left";
  std::filesystem::create_directory(left);
  ASSERT_TRUE(write_file(left + "/192.168.2.5", "").ok());
  const std::string next = (*ControlFolder::make())->path();
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_FALSE(std::filesystem::exists(next)) << "it has ended";
  EXPECT_TRUE(std::filesystem::exists((*mine)->path())) << "it is held";
}

// In a process of its own: an interrupt holds for the whole of it.
TEST(SshHostDeathTest, AnInterruptEndsAScriptButForOneThatIgnoresIt) {
  const auto run_both = [] {
    bool as_wanted = false;
    {
      const OtherSsh ssh("sleep 0.1\n");
      SshHost host({.name = "cluster01", .control_path = "/nowhere"});
      catch_interrupts();
      const bool before = host.run({.text = "true"}).ok();
      ::raise(SIGINT);
      const Result<Outcome> ended = host.run({.text = "true"});
      const Result<Outcome> whole = host.run({.text = "sync", .ignore_interrupt = true});
      as_wanted = before && !ended.ok() && ended.error().code == EINTR && whole.ok() && whole->ok();
    }
    ::_exit(as_wanted ? 0 : 1);
  };
  EXPECT_EXIT(run_both(), testing::ExitedWithCode(0), "");
}

TEST(SshHostDeathTest, ASecondInterruptEndsUsAlsoThen) {
  const auto interrupt_twice = [] {
    const OtherSsh ssh(
        "case $* in *sync*) rm -r \"${0%/*}\"; kill -INT $PPID; exec sleep 2 ;; esac\n");
    SshHost host({.name = "cluster01", .control_path = "/nowhere"});
    catch_interrupts();
    (void)host.run({.text = "true"});
    ::raise(SIGINT);
    (void)host.run({.text = "sync", .ignore_interrupt = true});
    ::_exit(1);
  };
  EXPECT_EXIT(interrupt_twice(), testing::ExitedWithCode(128 + SIGINT), "");
}

}  // namespace
}  // namespace bramble
