// SPDX-License-Identifier: Apache-2.0
// Which backends get requests as they fall ill, die and come back.
#include "balance_fixture.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

TEST_F(BalanceTest, TakesAFailingBackendOutAndBackIn) {
  ScriptedBackend& a = backend("a");
  backend("b");
  balance({"--check-interval", "100"});
  a.set_well(false);
  ASSERT_TRUE(status_shows("\"failing\""));
  EXPECT_THAT(status(), HasSubstr("/ answers 503"));
  RawClient visitor = client();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(visitor.ask(kGet).body, "b\n");
  a.set_well(true);
  ask_until(visitor, "a\n");
  EXPECT_NE(balancer_->after("backend a is h"), "") << "healthy";
}

TEST_F(BalanceTest, TakesADeadBackendOutAndBackIn) {
  ScriptedBackend& a = backend("a");
  backend("b");
  balance({"--check-interval", "100"});
  a.die();
  ASSERT_TRUE(status_shows("\"refusing\""));
  a.revive();
  RawClient visitor = client();
  ask_until(visitor, "a\n");
}

std::string check_answer(const std::string& type, const std::string& body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", type,
                     body.size(), body);
}

TEST_F(BalanceTest, SendsNothingNewToANodeThatDrains) {
  ScriptedBackend& a = backend("a");
  backend("b");
  balance({"--check-interval", "100"});
  a.set_check_answer(check_answer("application/json", R"({"name": "a", "status": "draining"})"));
  ASSERT_TRUE(status_shows("\"state\": \"draining\""));
  const std::size_t before = a.requests().size();
  RawClient visitor = client();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(visitor.ask(kGet).body, "b\n");
  EXPECT_EQ(a.requests().size(), before);
  a.set_check_answer(check_answer("application/json", R"({"name": "a", "status": "ok"})"));
  ask_until(visitor, "a\n");
}

TEST_F(BalanceTest, SendsLessToANodeThatSaysSo) {
  ScriptedBackend& a = backend("a");
  backend("b");
  a.set_check_answer(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
      "Transfer-Encoding: chunked\r\n\r\n6\r\n{\"weig\r\n9\r\nht\":0.25}\r\n"
      "0\r\n\r\n");
  balance({"--policy", "round-robin"});
  ASSERT_TRUE(status_shows("\"strength\": 0.25"));
  RawClient visitor = client();
  int to_a = 0;
  for (int i = 0; i < 100; ++i) to_a += visitor.ask(kGet).body == "a\n" ? 1 : 0;
  EXPECT_NEAR(to_a, 20, 3);
  EXPECT_THAT(status(), HasSubstr("\"state\": \"healthy\""));
}

TEST_F(BalanceTest, TellsWhatTroublesANode) {
  ScriptedBackend& a = backend("a");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  a.set_check_answer(check_answer(
      "application/json",
      fmt::format(
          R"({{"status": "ok", "vitals": {{"time": {}, "brick": {{"heals_pending": 4}}}}}})",
          std::chrono::duration_cast<std::chrono::seconds>(now).count())));
  balance();
  EXPECT_TRUE(status_shows("\"says\": \"healing\""));
  EXPECT_EQ(ask().body, "a\n");
}

TEST_F(BalanceTest, ChecksTheBodyWhereItIsToldWhatItHolds) {
  ScriptedBackend& a = backend("a");
  ScriptedBackend& b = backend("b");
  a.set_check_answer(check_answer("text/plain", "all is well here\n"));
  b.set_check_answer(check_answer("text/plain", "out of order\n"));
  balance({"--check-body", "is well", "--check-interval", "100"});
  ASSERT_TRUE(status_shows("\"failing\""));
  EXPECT_THAT(status(), HasSubstr("/ answers without \\\"is well\\\" in its body"));
  RawClient visitor = client();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(visitor.ask(kGet).body, "a\n");
}

TEST_F(BalanceTest, FallsAndRisesAfterAsManyChecksAsItIsTold) {
  ScriptedBackend& a = backend("a");
  balance({"--fall", "1", "--rise", "1", "--check-interval", "50"});
  ASSERT_TRUE(status_shows("\"healthy\""));
  const int before = a.checks();
  a.set_well(false);
  ASSERT_TRUE(status_shows("\"failing\""));
  a.set_well(true);
  ASSERT_TRUE(status_shows("\"healthy\""));
  EXPECT_GE(a.checks(), before + 1) << "the last may not be counted yet";
}

// Its answers are whole and quick, which would draw all requests to it.
TEST_F(BalanceTest, EjectsABackendThatAnswersMostlyWithErrors) {
  backend("bad", [](BackendPeer& peer) {
    while (peer.request()) peer.send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
  });
  backend("good");
  backend("fine");
  balance({"--policy", "round-robin"});
  RawClient visitor = client();
  while (!testing::Value(status(), HasSubstr("\"ejected\""))) {
    for (int i = 0; i < 30; ++i) visitor.ask(kGet);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_THAT(status(), HasSubstr("% of its requests failed"));
  RawClient later = client();  // whom the balancer takes in after it has heard of that
  for (int i = 0; i < 20; ++i) EXPECT_EQ(later.ask(kGet).status(), 200);
  EXPECT_THAT(status(), HasSubstr("\"ejections\": 1"));
}

TEST_F(BalanceTest, UsesABackupOnlyWhenNoOtherIsHealthy) {
  ScriptedBackend spare("spare");
  ScriptedBackend& a = backend("a");
  balance({"--backup", spare.where(), "--check-interval", "100"});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask().body, "a\n");
  a.die();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask().body, "spare\n");
  a.revive();
  while (ask().body != "a\n") std::this_thread::sleep_for(std::chrono::milliseconds(5));
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
  EXPECT_TRUE(status_shows("\"ejections\": 1"));
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

TEST_F(BalanceTest, ASecondBackendsRefusalIsNotTheVisitorsWhileTheFirstIsStillAsked) {
  backend("slow", [&](BackendPeer& peer) {
    while (peer.request()) {
      peer.wait_until(go_);
      peer.answer("slow\n");
    }
  });
  ScriptedBackend spare("spare", [&](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    peer.wait_for_close();
    go_ = true;
  });
  balance({"--backup", spare.where(), "--hedge-after", "50"});
  EXPECT_EQ(ask().body, "slow\n");
  EXPECT_EQ(status().find("\"failures\": 1"), std::string::npos) << "nobody has failed";
}

TEST_F(BalanceTest, AsksAThirdBackendWhenTheFirstHangsAndTheSecondRefuses) {
  for (const char* name : {"a", "b", "c"})
    backend(name, [this](BackendPeer& peer) {
      if (!peer.request()) return;
      const std::size_t before = count_++;
      if (before == 1) peer.send("HTTP/1.1 503 Bad\r\nContent-Length: 0\r\n\r\n");
      if (before > 1) peer.answer("third");
      peer.wait_for_close();
    });
  balance({"--hedge-after", "50", "--answer-timeout", "60000"});
  EXPECT_EQ(ask().body, "third");
}

TEST_F(BalanceTest, AsksASecondBackendOnceItHasRoom) {
  backend_options_ = ",max-connections=1";
  for (const char* name : {"a", "b"})
    backend(name, [this](BackendPeer& peer) {
      while (peer.request()) {
        if (count_++ == 0) {
          peer.wait_for_close();
          return;
        }
        peer.wait_until(go_);
        peer.answer("well");
      }
    });
  balance({"--hedge-after", "50", "--answer-timeout", "60000"});
  std::vector<RawClient> visitors;
  for (int i = 0; i < 2; ++i) visitors.push_back(client());
  ASSERT_TRUE(status_shows("\"open_connections\": 2"));
  send_at_once(visitors);
  for (ScriptedBackend& each : backends_) ASSERT_NE(each.wait_for_request(), "");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // neither has another to ask
  go_ = true;
  for (RawClient& visitor : visitors) EXPECT_EQ(visitor.answer().body, "well");
}

TEST_F(BalanceTest, ABackendThatGivesHintsBeforeItsAnswerIsWell) {
  ScriptedBackend& a = backend("a");
  a.set_check_answer(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: " +
      std::string(20'000, 'x') + "\r\nContent-Length: 0\r\n\r\n");
  balance({"--check-interval", "20", "--fall", "1"});
  for (int i = 0; i < 2000 && a.checks() < 5; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(status().find("\"failing\""), std::string::npos) << status();
}

// It has begun its answer, and waits for the rest of the upload.
TEST_F(BalanceTest, ABackendIsNotToBlameForAVisitorThatIsSilentInHisUpload) {
  backend("a", [](BackendPeer& peer) {
    if (peer.some().find("bramble-check") != std::string::npos)
      return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    while (!peer.some().empty()) {
    }
  });
  balance({"--answer-timeout", "300"});
  RawClient visitor = client();
  visitor.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
      .send(std::string(100'000, 'x'));
  EXPECT_NE(visitor.answer().body.size(), 10U);
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
  EXPECT_THAT(status(), HasSubstr("\"failures\": 0"));
}

TEST_F(BalanceTest, AVisitorWhoAwaitsHis100HidesNoBackendThatRefuses) {
  backend("a");
  balance({"--check-interval", "60000"});
  ASSERT_TRUE(status_shows("\"healthy\""));
  backends_[0].die();
  (void)ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(status_shows("\"failures\": 1"));
}

TEST_F(BalanceTest, AsksASecondBackendWhenTheFirstStopsWithinItsHead) {
  for (const char* name : {"a", "b"})
    backend(name, [this](BackendPeer& peer) {
      if (!peer.request()) return;
      if (count_++ != 0) return peer.answer("whole");
      peer.send("HTTP/1.1 200 OK\r\nContent-Le");
      peer.wait_for_close();
    });
  balance({"--hedge-after", "50", "--answer-timeout", "15000"});
  EXPECT_EQ(ask().body, "whole");
  EXPECT_THAT(status(), HasSubstr("\"hedges\": 1"));
}

TEST_F(BalanceTest, OfTwoThatHaveBegunTheOneThatGoesOnIsHeard) {
  for (const char* name : {"a", "b"})
    backend(name, [this](BackendPeer& peer) {
      if (!peer.request()) return;
      if (count_++ == 0) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Le");
        peer.wait_until(go_);
        return peer.send("ngth: 5\r\n\r\nfirst");
      }
      peer.send("HTTP/1.1 200");
      go_ = true;
      peer.wait_for_close();
    });
  balance({"--hedge-after", "50", "--answer-timeout", "15000"});
  EXPECT_EQ(ask().body, "first");
}

TEST_F(BalanceTest, DoesNotAskASecondBackendForAPost) {
  ScriptedBackend& a = backend("a", hang);
  ScriptedBackend& b = backend("b", hang);
  balance({"--hedge-after", "50", "--answer-timeout", "500"});
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").status(), 504);
  const auto asked = [&] { return a.requests().size() + b.requests().size(); };
  for (int i = 0; i < 2000 && asked() == 0; ++i)  // until it has been read, however late
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(asked(), 1U);
}

}  // namespace
}  // namespace bramble::test
