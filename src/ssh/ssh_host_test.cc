// SPDX-License-Identifier: Apache-2.0
#include "ssh/ssh_host.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

TEST(SshHost, RunsNoScriptOnceItRefuses) {
  SshHost host({.name = "cluster01", .control_path = "/nowhere"});
  host.refuse("the lock is lost");
  const Result<Outcome> refused = host.run({.text = "true"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().what, "cluster01: the lock is lost");
}

}  // namespace
}  // namespace bramble
