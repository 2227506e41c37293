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

// A backend that hangs, as one whose plug was pulled: it takes everything and says nothing.
void hang(BackendPeer& peer) {
  while (peer.request()) {
  }
}

TEST_F(BalanceTest, AsksASecondBackendWhenTheFirstHangs) {
  backend("hung", hang);
  backend("good");
  balance({"--hedge-after", "100", "--answer-timeout", "15000"});
  RawClient visitor = client();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(visitor.ask(kGet).body, "good\n");
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
}

TEST_F(BalanceTest, TakesTheFirstAnswerOfTwo) {
  ScriptedBackend& slow = backend("slow", [&](BackendPeer& peer) {
    while (peer.request()) {
      peer.wait_until(go_);
      peer.answer("slow\n");
    }
  });
  ScriptedBackend spare("spare", hang);
  balance({"--backup", spare.where(), "--hedge-after", "50"});
  RawClient visitor = client();
  visitor.send(kGet);
  EXPECT_NE(slow.wait_for_request(), "");
  EXPECT_NE(spare.wait_for_request(), "") << "the only other one is asked as well";
  go_ = true;
  EXPECT_EQ(visitor.answer().body, "slow\n");
}

TEST_F(BalanceTest, DoesNotAskASecondBackendForAPost) {
  ScriptedBackend& a = backend("a", hang);
  ScriptedBackend& b = backend("b", hang);
  balance({"--hedge-after", "50", "--answer-timeout", "500"});
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").status(), 504);
  EXPECT_EQ(a.requests().size() + b.requests().size(), 1U);
}

}  // namespace
}  // namespace bramble::test
