// SPDX-License-Identifier: Apache-2.0
// Backends that lie, stall, close and die: each has its defined answer.
#include <signal.h>

#include "balance_fixture.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";

std::string with_body(std::string_view method, std::string_view body) {
  return fmt::format("{} / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", method,
                     body.size(), body);
}

// What a GET brings. Nothing: no "x", but only after a second, when its connection's end is no
// longer taken for one that crossed it on the way.
std::optional<std::string> asked_in_time(RawClient& visitor) {
  const auto begin = std::chrono::steady_clock::now();
  std::string got = visitor.ask(kGet).body;
  const auto took = std::chrono::steady_clock::now() - begin;
  if (got != "x" && took >= std::chrono::seconds(1)) return std::nullopt;
  return got;
}

// A backend that sends this instead of an answer, and closes.
ScriptedBackend::Script says(std::string bytes) {
  return [bytes = std::move(bytes)](BackendPeer& peer) {
    if (peer.request()) peer.send(bytes);
  };
}

TEST_F(BalanceTest, AnswersOtherwiseNotHttpAre502) {
  lies_ = {
      "garbage\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
      "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: " + std::string(40'000, 'a') + "\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
  };
  backend("a", [&](BackendPeer& peer) {
    if (peer.request()) peer.send(lies_[count_]);
  });
  balance();
  for (; count_ < lies_.size(); ++count_) {
    RawClient visitor = client();
    const RawAnswer answer = visitor.ask(kGet);
    EXPECT_EQ(answer.status(), 502) << lies_[count_].substr(0, 100);
    EXPECT_THAT(answer.body, HasSubstr("502 Bad Gateway: ")) << lies_[count_].substr(0, 100);
  }
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=backend-bad"));
}

TEST_F(BalanceTest, ATornBodyIsNeverEndedCleanly) {
  for (const char* torn : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    backends_.clear();
    backend("a", says(torn));
    balance();
    RawClient visitor = client();
    EXPECT_FALSE(visitor.ask(kGet).whole) << torn;
    EXPECT_EQ(visitor.end(), End::kReset) << torn;
    EXPECT_THAT(log_lines(1)[0], HasSubstr("end=backend-closed")) << torn;
  }
}

TEST_F(BalanceTest, ALargeTornBodyIsNeverEndedCleanly) {
  backend("a",
          says("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + std::string(4'000'000, 'x')));
  balance();
  RawClient visitor = client();
  EXPECT_FALSE(visitor.ask(kGet).whole);
  EXPECT_EQ(visitor.end(), End::kReset);
}

TEST_F(BalanceTest, BadChunksInTheMiddleResetTheVisitor) {
  backend("a", [&](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    peer.wait_until(go_);
    peer.send("nonsense\r\n");
  });
  balance();
  RawClient visitor = client();
  visitor.send(kGet);
  while (visitor.bytes(1) != "5") {
  }
  go_ = true;
  EXPECT_EQ(visitor.end(), End::kReset);
}

TEST_F(BalanceTest, BytesBehindAnAnswerAreNotTakenForTheNextOne) {
  backend("a", [](BackendPeer& peer) {
    while (const auto request = peer.request()) {
      peer.send(
          "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine"
          "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    }
  });
  balance();
  RawClient visitor = client();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(visitor.ask(kGet).body, "mine");
}

TEST_F(BalanceTest, ABackendThatDoesNotAnswerIs504) {
  backend("a", [](BackendPeer& peer) {
    if (peer.request()) peer.wait_for_close();
  });
  balance({"--answer-timeout", "200"});
  EXPECT_EQ(ask(kPost).status(), 504);
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=backend-stalled"));
}

TEST_F(BalanceTest, ABackendThatStopsInTheMiddleResetsTheVisitor) {
  backend("a", [](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    peer.wait_for_close();
  });
  balance({"--answer-timeout", "3000"});  // which its head has, too
  RawClient visitor = client();
  EXPECT_EQ(visitor.ask(kGet).body, "half");
  EXPECT_EQ(visitor.end(), End::kReset);
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=backend-stalled"));
}

TEST_F(BalanceTest, WithoutAnyBackendThatListensIs502) {
  ScriptedBackend& a = backend("a");
  balance();
  a.die();
  const RawAnswer answer = ask();
  EXPECT_EQ(answer.status(), 502);
  EXPECT_THAT(answer.body, HasSubstr("cannot be reached"));
}

TEST_F(BalanceTest, AsksAnotherWhenOneCloses) {
  backend("bad", says(""));
  backend("good");
  balance();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask().body, "good\n");
}

TEST_F(BalanceTest, AsksAnotherWhenOneIsNotThere) {
  ScriptedBackend& gone = backend("gone");
  backend("good");
  balance();
  gone.die();
  RawClient visitor = client();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(visitor.ask(kGet).body, "good\n");
    EXPECT_EQ(visitor.ask(kPost).body, "good\n") << "surely not sent: a POST, too";
  }
}

TEST_F(BalanceTest, AsksAnotherWhenOneSaysThatItCannot) {
  backend("bad", says("HTTP/1.1 503 Bad\r\nContent-Length: 4\r\n\r\nbad\n"));
  backend("good");
  balance();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ask().body, "good\n");
}

TEST_F(BalanceTest, WhenAllSayThatTheyCannotTheirOwnWordsAreTold) {
  for (const char* name : {"a", "b"})
    backend(name, says("HTTP/1.1 503 Bad\r\nContent-Length: 4\r\n\r\nbad\n"));
  balance();
  const RawAnswer answer = ask();
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.body, "bad\n");
}

TEST_F(BalanceTest, APostIsNotSentTwice) {
  std::vector<ScriptedBackend*> both;
  for (const char* name : {"a", "b"}) both.push_back(&backend(name, says("")));
  balance();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(kPost).status(), 502);
  EXPECT_EQ(both[0]->requests().size() + both[1]->requests().size(), 5U);
}

TEST_F(BalanceTest, AnIdempotentRequestWithABodyIsSentAgainWhole) {
  backend("bad", says(""));
  ScriptedBackend& good = backend("good");
  balance();
  const std::string body(50'000, 'x');
  const std::string put = with_body("PUT", body);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ask(put).body, "good\n");
  for (const std::string& request : good.requests()) EXPECT_THAT(request, testing::EndsWith(body));
}

// Longer than what is kept: but nothing of it was sent, so all of it is still there.
TEST_F(BalanceTest, AnUploadOfWhichNothingWasSentAsksAnother) {
  ScriptedBackend& gone = backend("gone");
  ScriptedBackend& good = backend("good");
  const std::string body(100'000, 'x');
  balance({"--policy", "round-robin", "--check-interval", "60000"});
  while (gone.checks() == 0)  // it is not asked for its health again
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  gone.die();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(with_body("POST", body)).body, "good\n");
  for (const std::string& request : good.requests()) EXPECT_THAT(request, testing::EndsWith(body));
  EXPECT_TRUE(status_shows("\"retries\": 1"));
}

// The backend closes each connection after its answer without saying so: the next request on it
// may cross that close on the way. Of a GET nobody may notice, however often: where all share one
// core, some 1,700 of these do.
TEST_F(BalanceTest, APooledConnectionThatCloseIsNoOnesFault) {
  ScriptedBackend& a = backend("a", [](BackendPeer& peer) {
    if (peer.request()) peer.answer("x");
  });
  balance();
  RawClient visitor = client();
  std::size_t lost = 0;
  constexpr std::size_t kTimes = 2500;
  for (std::size_t i = 0; i < kTimes; ++i) {
    const std::optional<std::string> got = asked_in_time(visitor);
    if (got) {
      ASSERT_EQ(*got, "x") << i;
    } else {
      ++lost;
    }
    // A POST that its host had taken as it closed is answered by a reset: it could have been read.
    lost += visitor.ask(kPost).status() == 502 ? 1 : 0;
  }
  EXPECT_EQ(a.requests().size(), 2 * kTimes - lost) << "and nothing was asked twice";
}

// No byte of it had arrived as the backend closed: the end of its stream says so.
TEST_F(BalanceTest, APostThatCrossesAnOrderlyCloseIsSentAgain) {
  ScriptedBackend& a = backend("a", [this](BackendPeer& peer) {
    if (!peer.request()) return;
    const bool is_first = ++count_ == 1;
    if (is_first) peer.go_deaf();
    peer.answer("x");
    if (is_first) peer.wait_until(go_);
  });
  balance();
  RawClient visitor = client();
  EXPECT_EQ(visitor.ask(kGet).body, "x");
  visitor.send(kPost);
  ASSERT_TRUE(status_shows("\"in_flight\": 1"));
  go_ = true;
  EXPECT_EQ(visitor.answer().body, "x");
  EXPECT_EQ(a.requests().size(), 2U);
}

// It was read, and may have been done, though no acknowledgement came: a host delays these where it
// has been answered before, and what a reset carries the kernel does not look at.
TEST_F(BalanceTest, APostThatWasReadBeforeAResetIsNotSentTwice) {
  ScriptedBackend& a = backend("a", [](BackendPeer& peer) {
    for (std::optional<std::string> request; (request = peer.request());) {
      if (request->starts_with("POST")) return peer.reset();
      peer.answer("x");
    }
  });
  balance();
  RawClient visitor = client();
  constexpr std::size_t kTimes = 300, kGetsBetween = 4;
  for (std::size_t i = 0; i < kTimes; ++i) {
    for (std::size_t get = 0; get < kGetsBetween; ++get) ASSERT_EQ(visitor.ask(kGet).body, "x");
    EXPECT_EQ(visitor.ask(kPost).status(), 502);
  }
  EXPECT_EQ(a.requests().size(), kTimes * (kGetsBetween + 1));
}

// Such a connection is no try: with it, and three who cannot, the fourth is still asked.
TEST_F(BalanceTest, APooledConnectionThatClosesIsNoTry) {
  for (const char* name : {"a", "b", "c"})
    backend(name, says("HTTP/1.1 503 Bad\r\nContent-Length: 4\r\n\r\nbad\n"));
  backend("good", [](BackendPeer& peer) {
    if (peer.request()) peer.answer("x");
    (void)peer.request();
  });
  for (int round = 0; round < 10; ++round) {
    balance();  // which takes nobody for bad yet
    RawClient visitor = client();
    for (int i = 0; i < 9; ++i) {
      const std::optional<std::string> got = asked_in_time(visitor);
      if (!got) break;
      ASSERT_EQ(*got, "x") << round << ", " << i;
    }
  }
}

TEST_F(BalanceTest, TriesABoundNumberOfTimes) {
  std::vector<ScriptedBackend*> all;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) all.push_back(&backend(name, says("")));
  balance();
  EXPECT_EQ(ask().status(), 502);
  std::size_t asked = 0;
  for (ScriptedBackend* each : all) asked += each->requests().size();
  EXPECT_LE(asked, 4U);
}

// Both arrive while the balancer stands still, the request first: it must not be asked on the
// connection whose bytes it has not looked at yet.
TEST_F(BalanceTest, UnaskedBytesOnAnIdleConnectionReachNobody) {
  ScriptedBackend& a = backend("a", [&](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.answer("mine");
    if (++count_ == 1) {
      peer.wait_until(go_);
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
      ++count_;
    }
    while (peer.request()) peer.answer("mine");
  });
  balance();
  RawClient visitor = client();
  EXPECT_EQ(visitor.ask(kGet).body, "mine");
  ASSERT_TRUE(status_shows("\"idle_connections\": 1"));
  balancer_->stop_and_wait();
  visitor.send(kGet);
  go_ = true;
  while (count_ < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  balancer_->signal(SIGCONT);
  EXPECT_EQ(visitor.answer().body, "mine");
  EXPECT_EQ(a.requests().size(), 2U);
}

// The last piece of some of them finds no room at the backend, whose answer has begun.
TEST_F(BalanceTest, ABodyIsSentToItsEndThoughTheAnswerHasBegun) {
  constexpr std::size_t kLeast = 3'000'000;
  backend("a", [](BackendPeer& peer) {
    for (std::string head; !(head = peer.some()).empty();) {
      if (head.find("bramble-check") != std::string::npos)
        return peer.send("HTTP/1.1 200 OK\r\n\r\n");
      const std::size_t body_begin = head.find("\r\n\r\n") + 4;
      const std::size_t length = std::stoul(head.substr(head.find("Content-Length: ") + 16));
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (std::size_t body = head.size() - body_begin; body < length;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const std::string piece = peer.some();
        if (piece.empty()) return;
        body += piece.size();
      }
      peer.send("4\r\nall!\r\n0\r\n\r\n");
    }
  });
  balance({"--answer-timeout", "15000"});
  for (std::size_t i = 0; i < 40; ++i) {
    RawClient visitor = client();
    const RawAnswer answer = visitor.ask(with_body("POST", std::string(kLeast + i * 16'384, 'x')));
    ASSERT_EQ(answer.body, "all!") << i;
  }
}

TEST_F(BalanceTest, AnEarlyAnswerToALongBodyGoesThrough) {
  backend("a", [](BackendPeer& peer) {
    const std::string head = peer.some();
    if (head.find("bramble-check") != std::string::npos)
      return peer.send("HTTP/1.1 200 OK\r\n\r\n");
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!");
    peer.wait_for_close();
  });
  balance();
  RawClient visitor = client();
  visitor.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
      .send(std::string(100'000, 'x'));
  const RawAnswer answer = visitor.answer();
  EXPECT_EQ(answer.status(), 413);
  EXPECT_EQ(answer.body, "no!");
  EXPECT_EQ(answer.field("Connection"), "close");
}

}  // namespace
}  // namespace bramble::test
