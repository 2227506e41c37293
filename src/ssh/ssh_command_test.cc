// SPDX-License-Identifier: Apache-2.0
#include "ssh/ssh_command.hh"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/process.hh"
#include "base/text.hh"

namespace bramble {
namespace {

const SshTarget kTarget{.name = "cluster01",
                        .address = "192.168.2.5",
                        .user = "pi",
                        .config = "/home/me/ssh_config",
                        .control_path = "/tmp/x/1"};

bool has(const std::vector<std::string>& argv, const std::string& word) {
  return std::find(argv.begin(), argv.end(), word) != argv.end();
}

TEST(SshCommand, NeverAsksAndSharesOneConnection) {
  const std::vector<std::string> argv = ssh_command(kTarget, {}, "true");
  EXPECT_TRUE(has(argv, "BatchMode=yes"));
  EXPECT_TRUE(has(argv, "ControlMaster=auto"));
  EXPECT_TRUE(has(argv, "ControlPath=/tmp/x/1"));
  EXPECT_TRUE(has(argv, "/home/me/ssh_config"));
  EXPECT_EQ(join({argv.end() - 5, argv.end()}, " "), "-l pi -- cluster01 true");
}

TEST(SshCommand, GivesTheAddressUnlessTheUserConfiguredOne) {
  const SshDecisions plain = decide(kTarget, "hostname cluster01\nstricthostkeychecking ask\n");
  EXPECT_TRUE(has(ssh_command(kTarget, plain, "true"), "HostName=192.168.2.5"));
  const SshDecisions own = decide(kTarget, "user x\nhostname gate.example.org\n");
  EXPECT_FALSE(has(ssh_command(kTarget, own, "true"), "HostName=192.168.2.5"));
}

TEST(SshCommand, NotesUnknownHostKeysUnlessTheUserForbadeIt) {
  const SshDecisions plain = decide(kTarget, "stricthostkeychecking ask\n");
  EXPECT_TRUE(has(ssh_command(kTarget, plain, "true"), "StrictHostKeyChecking=accept-new"));
  const SshDecisions strict = decide(kTarget, "stricthostkeychecking true\n");
  EXPECT_FALSE(has(ssh_command(kTarget, strict, "true"), "StrictHostKeyChecking=accept-new"));
}

TEST(SshCommand, AChangedHostKeyIsForgottenWhereItWasNoted) {
  const std::string cure = cure_for_changed_key(
      "Offending ED25519 key in /home/me/.ssh/known_hosts2:3\r\n  remove with:\r\n"
      "Host key for [gate.example.org]:2222 has changed and you have requested strict checking.\r\n"
      "Host key verification failed.\r\n");
  EXPECT_TRUE(
      cure.ends_with("run ssh-keygen -R '[gate.example.org]:2222' -f /home/me/.ssh/known_hosts2"))
      << cure << ": a gate on the way";
  EXPECT_EQ(cure_for_changed_key("No ED25519 host key is known for gate and you have requested "
                                 "strict checking.\r\nHost key verification failed.\r\n"),
            "");
}

TEST(SshCommand, RootNeedsNoSudo) {
  EXPECT_TRUE(remote_script("pi", "true").starts_with("sudo -n env "));
  EXPECT_TRUE(remote_script("root", "true").starts_with("env "));
}

TEST(SshCommand, AScriptReachesTheRemoteShellAsOneWord) {
  const std::string script = "printf '%s' \"it's\n$((6*7))\" `echo x`; false; echo not here";
  const Outcome outcome = *run({.argv = {"sh", "-c", remote_root_command("root", script)}});
  EXPECT_EQ(outcome.out, "it's\n42x");
  EXPECT_EQ(outcome.status, 1);
}

TEST(SshCommand, AScriptKnowsTheConnectionByWhichItCame) {
  const std::string remote = remote_root_command("root", "echo \"<$SSH_CONNECTION>\"");
  const std::string connection = "2001:db8::1 40000 192.168.2.5 50022";
  const Outcome known = *run({.argv = {"env", "SSH_CONNECTION=" + connection, "sh", "-c", remote}});
  EXPECT_EQ(known.out, "<" + connection + ">\n");
  const Outcome unknown = *run({.argv = {"env", "-u", "SSH_CONNECTION", "sh", "-c", remote}});
  EXPECT_EQ(unknown.out, "<>\n");
}

TEST(SshCommand, AScriptHoldsItsLockWhereOnlyRootMayEnter) {
  const std::string script =
      "stat -c %a /run/bramble-locks; flock -n -x /run/bramble-locks/scripts true || echo \"it's "
      "held\"";
  const std::string in_private = "unshare -rm sh -c 'mount -t tmpfs none /run && eval \"$1\"' sh ";
  if (!run({.argv = {"sh", "-c", in_private + "true"}})->ok())
    GTEST_SKIP() << "no namespaces of our own here";
  const Outcome outcome =
      *run({.argv = {"sh", "-c", in_private + shell_quote(remote_script("root", script))}});
  EXPECT_EQ(without_greeting("Welcome" + outcome.out), "700\nit's held\n") << outcome.err;
  EXPECT_EQ(without_greeting("no terminal" + outcome.err), "");
}

TEST(SshCommand, WhatAScriptMakesIsForAllToReadWhateverTheLoginsUmask) {
  const std::string remote = remote_root_command("root", "umask");
  EXPECT_EQ(run({.argv = {"sh", "-c", "umask 077; " + remote}})->out, "0022\n");
}

}  // namespace
}  // namespace bramble
