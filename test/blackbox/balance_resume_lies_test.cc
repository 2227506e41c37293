// SPDX-License-Identifier: Apache-2.0
// Never a byte of anything else: who has another file, or lies, gives nothing of the rest.
#include "resume_fixture.hh"

namespace bramble::test {
namespace {

// Each ends at the third backend, which is honest, with no wrong byte.
TEST_F(ResumeTest, LiesAreNotBelieved) {
  const std::vector<Lie> lies = {
      {.etag = "\"v2\""},
      {.etag = "W/\"v1\""},
      {.etag = ""},
      {.first = 1},
      {.first = -1},
      {.last = -1},
      {.last = 1},
      {.total = 1},
      {.total = -1},
      {.length = 1},
      {.length = -1},
      {.first = -1, .length = 1},
      {.first = 1, .length = -1},
      {.last = -1, .length = -1},
      {.status = 200},
      {.status = 412},
      {.status = 404},
      {.status = 416},
      {.status = 304},
      {.status = 500},
      {.status = 503},
      {.status = 101},
      {.more_fields = "Content-Encoding: gzip\r\n"},
      {.more_fields = "Vary: Accept-Language\r\n"},
      {.more_fields = "Content-Range: bytes 0-9/300000\r\n"},
      {.more_fields = "ETag: \"v2\"\r\n"},
      {.more_fields = "Transfer-Encoding: chunked\r\n"},
      {.more_fields = "Content-Length: 3\r\n"},
      {.cut = 1},
      {.cut = 100'000},
      {.more_body = "and more"},
      {.more_body = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    backends_.clear();
    giver("broken", kGivenUpAt);
    liar("liar", lies[i]);
    giver("honest", kBytes);
    balance_resuming({"--policy", "round-robin"});
    int whole = 0;
    for (int times = 0; times < 3; ++times) {
      const RawAnswer answer = ask();
      if (answer.status() != 200) continue;  // the liar was asked first
      EXPECT_EQ(answer.body, text_.substr(0, answer.body.size())) << "lie " << i;
      EXPECT_TRUE(!answer.whole || answer.body.size() == kBytes) << "lie " << i;
      whole += answer.whole ? 1 : 0;
    }
    EXPECT_GE(whole, 2) << "lie " << i << ": " << testing::PrintToString(log_lines(3));
  }
}

// The second node that is started again, while the third one has changed, or is behind.
TEST_F(ResumeTest, WhereOneHasSomethingElseWhoIsBackInAMomentIsWaitedFor) {
  std::atomic<int> refused{0};
  for (const char* name : {"a", "b"}) refuser(name, refused, 6);
  backend("else", has_another);
  balance_resuming({"--policy", "round-robin"});
  int resumed = 0;
  for (int i = 0; i < 3; ++i) {
    const RawAnswer answer = ask();
    if (answer.status() == 412) continue;
    EXPECT_TRUE(is_content(answer));
    ++resumed;
  }
  EXPECT_EQ(resumed, 2);
  EXPECT_EQ(refused, 6);
}

// Alone with a liar, the visitor gets a reset.
TEST_F(ResumeTest, WithLiarsOnlyItIsBrokenOff) {
  giver("broken", kGivenUpAt);
  backend("changed", has_another);
  balance_resuming({"--policy", "round-robin"});
  int broken = 0;
  for (int i = 0; i < 4; ++i) {
    RawClient visitor = client();
    const RawAnswer answer = visitor.ask(kGet);
    if (answer.status() == 412) continue;
    ++broken;
    EXPECT_EQ(answer.status(), 200);
    EXPECT_FALSE(answer.whole);
    EXPECT_EQ(answer.body, text_.substr(0, answer.body.size()));
    EXPECT_EQ(visitor.end(), End::kReset);
    EXPECT_EQ(balancer_->after(
                  fmt::format("\"GET / HTTP/1.1\" is broken off at byte {}: ", answer.body.size())),
              "changed has something else (412)");
  }
  EXPECT_GE(broken, 1);
}

TEST_F(ResumeTest, AnswersThatCannotBeResumedAreBrokenOff) {
  const std::vector<std::string> heads = {
      "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n",
      "HTTP/1.1 200 OK\r\nETag: W/\"v1\"\r\nContent-Length: 300000\r\n\r\n",
      "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nAccept-Ranges: none\r\nContent-Length: 300000\r\n\r\n",
      "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n",
      "HTTP/1.1 404 Not Found\r\nETag: \"v1\"\r\nContent-Length: 300000\r\n\r\n",
  };
  for (const std::string& head : heads) {
    backends_.clear();
    for (const char* name : {"a", "b"})
      backend(name, [this, head](BackendPeer& peer) {
        if (peer.request()) peer.send(head + text_.substr(0, 1000));
      });
    balance_resuming();
    RawClient visitor = client();
    EXPECT_FALSE(visitor.ask(kGet).whole) << head;
    EXPECT_EQ(visitor.end(), End::kReset) << head;
    EXPECT_EQ(backends_[0].requests().size() + backends_[1].requests().size(), 1U) << head;
  }
}

TEST_F(ResumeTest, ARequestWithABodyIsNotAskedInParts) {
  for (const char* name : {"a", "b"}) giver(name, kGivenUpAt);
  balance_resuming();
  RawClient visitor = client();
  EXPECT_FALSE(visitor.ask("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi").whole);
  EXPECT_EQ(visitor.end(), End::kReset);
}

}  // namespace
}  // namespace bramble::test
