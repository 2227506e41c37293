// SPDX-License-Identifier: Apache-2.0
// Requests and answers that are as they should be.
#include "balance_fixture.hh"

namespace bramble::test {
namespace {

using testing::AllOf;
using testing::Each;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST_F(BalanceTest, SpreadsALoneVisitorOverAllBackends) {
  for (const char* name : {"a", "b", "c"}) backend(name);
  balance();
  RawClient visitor = client();
  std::map<std::string, int> answers;
  for (int i = 0; i < 300; ++i) ++answers[visitor.ask(kGet).body];
  ASSERT_EQ(answers.size(), 3U);
  // A third each; less of one that this machine's other work makes slow.
  for (const auto& [name, count] : answers) EXPECT_GE(count, 20) << name;
}

TEST_F(BalanceTest, KeepsConnectionsOnBothSides) {
  backend("a", [&](BackendPeer& peer) {
    bool counted = false;
    while (peer.request()) {
      if (!std::exchange(counted, true)) ++count_;
      peer.answer("x");
    }
  });
  balance();
  RawClient visitor = client();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(visitor.ask(kGet).body, "x");
  EXPECT_EQ(count_, 1U);
}

TEST_F(BalanceTest, TellsTheBackendWhoAsks) {
  ScriptedBackend& a = backend("a");
  balance();
  ask("GET /path?q=1 HTTP/1.1\r\nHost: example.org:8080\r\nX-Forwarded-For: 1.2.3.4\r\n"
      "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: for=1.2.3.4\r\n"
      "Accept: */*\r\n\r\n");
  const std::string seen = a.wait_for_request();
  EXPECT_THAT(seen, testing::StartsWith("GET /path?q=1 HTTP/1.1\r\nHost: example.org:8080\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Forwarded-For: 127.0.0.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Forwarded-Proto: http\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Forwarded-Host: example.org:8080\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nVia: 1.1 bramble\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nAccept: */*\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Request-Id: "));
  EXPECT_THAT(seen, Not(HasSubstr("1.2.3.4")));
  EXPECT_THAT(seen, Not(HasSubstr("evil")));
  EXPECT_THAT(seen, Not(HasSubstr("https")));
}

TEST_F(BalanceTest, TakesOffWhatBelongsToOneHop) {
  ScriptedBackend& a = backend("a", [](BackendPeer& peer) {
    while (peer.request())
      peer.send(
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=5\r\n"
          "Connection: X-Private\r\nX-Private: 1\r\nX-Public: 2\r\n\r\n");
  });
  balance();
  const RawAnswer answer = ask(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nTE: trailers\r\n"
      "Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nX-End: 1\r\n\r\n");
  const std::string seen = a.wait_for_request();
  for (const char* off : {"X-Hop", "TE:", "Keep-Alive", "Connection"})
    EXPECT_THAT(seen, Not(HasSubstr(off)));
  EXPECT_THAT(seen, HasSubstr("X-End: 1"));
  for (const char* off : {"X-Private", "Keep-Alive", "Connection"})
    EXPECT_THAT(answer.head, Not(HasSubstr(off)));
  EXPECT_THAT(answer.head, HasSubstr("X-Public: 2\r\n"));
  EXPECT_THAT(answer.head, HasSubstr("Via: 1.1 bramble\r\n"));
}

TEST_F(BalanceTest, LetsNoConnectionFieldNameFramingOrIdentityAway) {
  ScriptedBackend& a = backend("a");
  balance();
  ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nAuthorization: secret\r\n"
      "Connection: content-length, host, authorization, x-forwarded-for\r\n\r\nhi");
  const std::string seen = a.wait_for_request();
  for (const char* on :
       {"Host: x", "Content-Length: 2", "Authorization: secret", "X-Forwarded-For"})
    EXPECT_THAT(seen, HasSubstr(on));
}

TEST_F(BalanceTest, AsksInOriginFormForTheHostOfTheTarget) {
  ScriptedBackend& a = backend("a");
  balance();
  ask("GET http://example.org/a?b HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_THAT(a.wait_for_request(),
              testing::StartsWith("GET /a?b HTTP/1.1\r\nHost: example.org\r\n"));
}

TEST_F(BalanceTest, PassesRequestBodiesOfALength) {
  ScriptedBackend& a = backend("a");
  balance();
  const std::string body(3'000'000, 'x');
  const std::string head =
      fmt::format("PUT /f HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.size());
  EXPECT_EQ(ask(head + body).status(), 200);
  EXPECT_THAT(a.wait_for_request(), EndsWith("\r\n\r\n" + body));
}

TEST_F(BalanceTest, PassesChunkedRequestBodiesUnchanged) {
  ScriptedBackend& a = backend("a");
  balance();
  const std::string body = "5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n";
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  RawClient visitor = client();
  EXPECT_EQ(visitor.ask(head + body).status(), 200);
  EXPECT_THAT(a.wait_for_request(1), EndsWith("\r\n\r\n" + body));
  visitor.send(head);
  for (const char c : body) visitor.send(std::string_view(&c, 1));
  EXPECT_EQ(visitor.answer().status(), 200);
  EXPECT_THAT(a.wait_for_request(2), EndsWith("\r\n\r\n" + body));
}

TEST_F(BalanceTest, WaitsForTheBackendsWordBeforeABodyIsSent) {
  backend("a", [](BackendPeer& peer) {
    const std::string head = peer.some();
    if (head.empty()) return;  // a check that the test's end cut off
    if (head.find("bramble-check") != std::string::npos)
      return peer.send("HTTP/1.1 200 OK\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Expect: 100-continue"));
    peer.send("HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(peer.some(), "hello");
    peer.answer("thanks");
    peer.wait_for_close();
  });
  balance();
  RawClient visitor = client();
  visitor.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(visitor.answer().status(), 100);
  EXPECT_EQ(visitor.ask("hello").body, "thanks");
}

TEST_F(BalanceTest, WhereABackendDoesNotAskForABodyItIsItThatIsSlow) {
  for (const char* name : {"a", "b"})
    backend(name, [&](BackendPeer& peer) {
      const std::string head = peer.some();
      if (head.empty()) return;
      if (head.find("bramble-check") != std::string::npos)
        return peer.send("HTTP/1.1 200 OK\r\n\r\n");
      if (count_++ == 0) return void(peer.wait_for_close());
      peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      EXPECT_EQ(peer.some(), "hello");
      peer.answer("thanks");
      peer.wait_for_close();
    });
  balance({"--answer-timeout", "6000", "--stall-timeout", "2000"});
  RawClient visitor = client();
  visitor.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(visitor.answer().status(), 100);
  EXPECT_EQ(visitor.ask("hello").body, "thanks");
}

TEST_F(BalanceTest, PassesEarlyHints) {
  backend("a", [](BackendPeer& peer) {
    while (peer.request()) {
      peer.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTT");
      peer.send("P/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    }
  });
  balance();
  RawClient visitor = client();
  const RawAnswer hints = visitor.ask(kGet);
  EXPECT_EQ(hints.status(), 103);
  EXPECT_THAT(hints.head, HasSubstr("Link: </a>"));
  EXPECT_EQ(visitor.answer().status(), 102);
  EXPECT_EQ(visitor.answer().body, "x");
  EXPECT_EQ(ask("GET / HTTP/1.0\r\n\r\n").status(), 200) << "HTTP/1.0 knows no interim answers";
}

TEST_F(BalanceTest, PassesChunkedAnswers) {
  backend("a", [](BackendPeer& peer) {
    while (peer.request())
      peer.send(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n");
  });
  balance();
  RawClient visitor = client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(visitor.ask(kGet).body, "hello world");
}

TEST_F(BalanceTest, TakesChunksOffForHttp10) {
  backend("a", [](BackendPeer& peer) {
    while (peer.request())
      peer.send(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n");
  });
  balance();
  const RawAnswer answer = ask("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.body, "hello world");
  EXPECT_THAT(answer.head, Not(HasSubstr("Transfer-Encoding")));
}

TEST_F(BalanceTest, KeepsAnHttp10ConnectionThatAsksForIt) {
  backend("a");
  balance();
  RawClient visitor = client();
  const RawAnswer first = visitor.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(first.head, HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_EQ(visitor.ask("GET / HTTP/1.0\r\n\r\n").body, "a\n");
  EXPECT_EQ(visitor.end(), End::kClosed);
}

TEST_F(BalanceTest, PassesAnswersThatEndWithTheirConnection) {
  backend("a", [](BackendPeer& peer) {
    if (peer.request()) peer.send("HTTP/1.1 200 OK\r\n\r\nall until the end");
  });
  balance();
  const RawAnswer answer = ask();
  EXPECT_EQ(answer.body, "all until the end");
  EXPECT_THAT(answer.head, HasSubstr("Connection: close\r\n"));
}

TEST_F(BalanceTest, AnswersToHeadAnd304And204HaveNoBody) {
  backend("a", [](BackendPeer& peer) {
    while (const auto request = peer.request()) {
      if (request->starts_with("HEAD"))
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
      else if (request->starts_with("GET /304"))
        peer.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n");
      else if (request->starts_with("GET /204"))
        peer.send("HTTP/1.1 204 No Content\r\nContent-Length: 99\r\n\r\n");
      else
        peer.answer("x");
    }
  });
  balance();
  RawClient visitor = client();
  visitor.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(visitor.answer(true).field("Content-Length"), "99");
  EXPECT_EQ(visitor.ask("GET /304 HTTP/1.1\r\nHost: x\r\n\r\n").status(), 304);
  const RawAnswer none = visitor.ask("GET /204 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(none.status(), 204);
  EXPECT_EQ(none.field("Content-Length"), "") << "a client could wait for that body";
  EXPECT_EQ(visitor.ask(kGet).body, "x");
}

TEST_F(BalanceTest, AnswersPipelinedRequestsInOrder) {
  for (const char* name : {"a", "b"})
    backend(name, [](BackendPeer& peer) {
      while (const auto request = peer.request())
        peer.answer(request->substr(4, request->find(" HTTP") - 4));
    });
  balance();
  RawClient visitor = client();
  std::string all;
  for (int i = 0; i < 100; ++i) all += fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", i);
  visitor.send(all);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(visitor.answer().body, fmt::format("/{}", i));
}

TEST_F(BalanceTest, AnswersPipelinedRequestsBehindABody) {
  ScriptedBackend& a = backend("a");
  balance();
  RawClient visitor = client();
  visitor.send(
      "POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nho"
      "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(visitor.answer().status(), 200);
  EXPECT_THAT(a.wait_for_request(2), AllOf(HasSubstr("POST /2 "), EndsWith("\r\n\r\nho")));
  EXPECT_THAT(a.wait_for_request(3), HasSubstr("GET /3 "));
}

TEST_F(BalanceTest, PassesLargeBodiesWhole) {
  text_.resize(20'000'000);
  for (std::size_t i = 0; i < text_.size(); ++i) text_[i] = static_cast<char>(i * 7919 >> 8);
  backend("a", [&](BackendPeer& peer) {
    while (peer.request()) peer.answer(text_);
  });
  balance();
  RawClient visitor = client();
  for (int i = 0; i < 3; ++i) {
    const RawAnswer answer = visitor.ask(kGet);
    EXPECT_TRUE(answer.whole);
    EXPECT_TRUE(answer.body == text_);
  }
}

TEST_F(BalanceTest, ASlowReaderHoldsTheBackendBack) {
  text_.assign(1'000'000, 'x');
  backend("a", [&](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n");
    for (int i = 0; i < 200; ++i) {
      peer.send(text_);
      count_ += text_.size();
    }
  });
  balance();
  RawClient visitor = client();
  visitor.small_receive_window();
  visitor.send(kGet);
  visitor.bytes(1000);
  std::size_t before = 1;
  while (before != count_) {
    before = count_;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  EXPECT_LT(count_, 50'000'000U) << "what nobody reads must stay with the backend";
}

TEST_F(BalanceTest, TunnelsAfterAnUpgradeAndHandsEachEndOn) {
  ScriptedBackend& a = backend("a", [](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhi");
    for (std::string piece = peer.some(); !piece.empty(); piece = peer.some()) peer.send(piece);
    peer.send("bye");
  });
  balance();
  RawClient visitor = client();
  const RawAnswer answer =
      visitor.ask("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  EXPECT_EQ(answer.status(), 101);
  EXPECT_EQ(answer.field("Upgrade"), "echo");
  EXPECT_THAT(a.wait_for_request(), HasSubstr("Upgrade: echo\r\n"));
  EXPECT_EQ(visitor.bytes(2), "hi");
  EXPECT_EQ(visitor.send("12345").bytes(5), "12345");
  visitor.shut_writing();
  EXPECT_EQ(visitor.bytes(3), "bye");
  EXPECT_EQ(visitor.end(), End::kClosed);
}

TEST_F(BalanceTest, WritesALineARequest) {
  backend("web1");
  balance();
  ask("GET /a HTTP/1.1\r\nHost: x\r\nReferer: http://r/\r\nUser-Agent: test\"er\r\n\r\n");
  const std::string line = log_lines(1)[0];
  EXPECT_THAT(line, testing::StartsWith("127.0.0.1 - - ["));
  EXPECT_THAT(line,
              HasSubstr("] \"GET /a HTTP/1.1\" 200 5 \"http://r/\" \"test\\x22er\" backend=web1"));
  EXPECT_THAT(line, testing::ContainsRegex("tries=1 end=ok id=[0-9a-f]+$"));
}

TEST_F(BalanceTest, ShowsItsState) {
  backend("web1");
  balance();
  ask();
  EXPECT_TRUE(status_shows("\"2xx\": 1"));
  EXPECT_THAT(status(), AllOf(HasSubstr("\"name\": \"web1\""), HasSubstr("\"healthy\"")));
  const RawAnswer metrics = RawClient(admin_port_).ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(metrics.body, HasSubstr("bramble_backend_requests_total{backend=\"web1\"} 1\n"));
  EXPECT_EQ(ask("GET /status.json HTTP/1.1\r\nHost: x\r\n\r\n").body, "web1\n")
      << "the state is shown on the admin address alone";
}

TEST_F(BalanceTest, SaysWhatIsWrongWithItsFlags) {
  for (const auto& [flag, words] : std::map<std::string, std::string>{
           {"--to=nowhere", "nowhere"}, {"--listen=127.0.0.1:99999", "99999"}}) {
    ChildProcess process({BRAMBLE_PROGRAM, "balance", "--to", "127.0.0.1:1", flag});
    EXPECT_EQ(process.wait(), 2);
    EXPECT_THAT(process.after("bramble: "), HasSubstr(words));
  }
  ChildProcess nothing({BRAMBLE_PROGRAM, "balance"});
  EXPECT_EQ(nothing.wait(), 2);
  EXPECT_THAT(nothing.after("bramble: "), HasSubstr("--to"));
}

}  // namespace
}  // namespace bramble::test
