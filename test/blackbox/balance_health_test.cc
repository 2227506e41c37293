// SPDX-License-Identifier: Apache-2.0
// Which backends get requests as they fall ill, die and come back.
#include "balance_fixture.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

TEST_F(BalanceTest, TakesAFailingBackendOutAndBackIn) {
  ScriptedBackend& a = backend("a");
  backend("b");
  balance();
  a.set_well(false);
  ASSERT_TRUE(status_shows("\"failing\""));
  EXPECT_THAT(status(), HasSubstr("/ answers 503"));
  RawClient visitor = client();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(visitor.ask(kGet).body, "b\n");
  a.set_well(true);
  for (bool back = false; !back;) back = visitor.ask(kGet).body == "a\n";
  EXPECT_NE(balancer_->after("backend a is healthy"), "no such line");
}

TEST_F(BalanceTest, TakesADeadBackendOutAndBackIn) {
  ScriptedBackend& a = backend("a");
  backend("b");
  balance();
  a.die();
  ASSERT_TRUE(status_shows("\"refusing\""));
  a.revive();
  RawClient visitor = client();
  for (bool back = false; !back;) back = visitor.ask(kGet).body == "a\n";
}

TEST_F(BalanceTest, UsesABackupOnlyWhenNoOtherIsHealthy) {
  ScriptedBackend spare("spare");
  ScriptedBackend& a = backend("a");
  balance({"--backup", spare.where()});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask().body, "a\n");
  a.die();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask().body, "spare\n");
  a.revive();
  for (bool back = false; !back;) back = ask().body == "a\n";
}

TEST_F(BalanceTest, TriesTheLeastBadWhenAllFailTheirChecks) {
  ScriptedBackend& a = backend("a");
  balance();
  a.set_well(false);
  ASSERT_TRUE(status_shows("\"failing\""));
  EXPECT_EQ(ask().body, "a\n");
}

TEST_F(BalanceTest, EjectsABackendThatPassesChecksButFailsRequests) {
  backend("bad", [](BackendPeer& peer) { peer.request(); });
  backend("good");
  balance();
  RawClient visitor = client();
  for (int i = 0; i < 30; ++i) EXPECT_EQ(visitor.ask(kGet).body, "good\n");
  EXPECT_TRUE(status_shows("\"ejected\""));
}

}  // namespace
}  // namespace bramble::test
