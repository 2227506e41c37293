// SPDX-License-Identifier: Apache-2.0
// What a backend breaks off goes on at another that has the same, or is visibly broken off: never
// a byte of anything else.
#include <signal.h>

#include "balance_fixture.hh"
#include "ranged_answers.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kBytes = 300'000;
constexpr std::size_t kGivenUpAt = 100'000;

class Resume : public BalanceTest {
 protected:
  Resume() { text_ = content(kBytes); }

  // Gives what is asked for, but so many bytes at most, and then closes; or keeps silent.
  void giver(const std::string& name, std::size_t most, bool silent = false) {
    backend(name, [this, most, silent](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        const Asked asked = asked_of(*request, kBytes);
        const std::size_t bytes = std::min(most, asked.bytes());
        peer.send(head_for(asked) + text_.substr(asked.first, bytes));
        if (bytes == asked.bytes()) continue;
        if (silent) peer.wait_for_close();
        return;
      }
    });
  }
  // Gives in as many pieces as there are pauses, in milliseconds, each after its piece; parts at
  // once.
  void pauser(const std::string& name, const std::vector<int>& pauses) {
    backend(name, [this, pauses](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        const Asked asked = asked_of(*request, kBytes);
        const std::string all = head_for(asked) + text_.substr(asked.first, asked.bytes());
        const std::string_view part = all;
        if (asked.range) {
          peer.send(part);
          continue;
        }
        const std::size_t piece = kBytes / (pauses.size() + 1);
        std::size_t given = 0;
        for (const int pause : pauses) {
          peer.send(part.substr(given, piece));
          given += piece;
          if (pause > 10'000) return void(peer.wait_for_close());
          std::this_thread::sleep_for(std::chrono::milliseconds(pause));
        }
        peer.send(part.substr(given));
      }
    });
  }
  // Breaks off what is asked for whole, and refuses parts until so many have been, of all.
  void refuser(const std::string& name, std::atomic<int>& refused, int most) {
    backend(name, [this, &refused, most](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        const Asked asked = asked_of(*request, kBytes);
        if (asked.range && refused < most) {
          ++refused;
          peer.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
          continue;
        }
        const std::size_t bytes = asked.range ? asked.bytes() : kGivenUpAt;
        peer.send(head_for(asked) + text_.substr(asked.first, bytes));
        if (!asked.range) return;
      }
    });
  }
  void liar(const std::string& name, Lie lie) {
    backend(name, [this, lie](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        const Asked asked = asked_of(*request, kBytes);
        std::string body = text_.substr(asked.first, asked.bytes());
        body.resize(body.size() - lie.cut);
        peer.send(head_for(asked, lie) + (lie.status == 206 ? body + lie.more_body : ""));
        if (lie.cut > 0) return;
      }
    });
  }

  void balance_resuming(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> all = {"--resume"};
    all.insert(all.end(), flags.begin(), flags.end());
    add_unless_given(all, flags, {{"--resume-after", "200"}});
    balance(all);
  }
  bool is_content(const RawAnswer& answer) const { return answer.whole && answer.body == text_; }
};

TEST_F(Resume, ABodyThatIsBrokenOffGoesOnAtAnother) {
  for (const char* name : {"a", "b", "c"}) giver(name, kGivenUpAt);
  balance_resuming();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(is_content(ask())) << "two deaths in each";
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" resumed=2 from="));
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" at=200000 end=ok "));
  EXPECT_TRUE(status_shows("\"resumes\": 10"));
}

TEST_F(Resume, WithoutItABrokenBodyStaysBroken) {
  for (const char* name : {"a", "b"}) giver(name, kGivenUpAt);
  balance();
  RawClient visitor = client();
  EXPECT_FALSE(visitor.ask(kGet).whole);
  EXPECT_EQ(visitor.end(), End::kReset);
}

// As from nodes whose servers have just been started again, and do not reach their volume yet.
TEST_F(Resume, WhoCannotGiveTheRestNowIsAskedAgain) {
  std::atomic<int> refused{0};
  for (const char* name : {"a", "b"}) refuser(name, refused, 7);
  balance_resuming();
  EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" resumed=1 from="));
  EXPECT_GE(refused, 7);
}

// As the copy off-site of a file that was changed a moment ago.
TEST_F(Resume, WhatOnlyABackupHasEndsNothing) {
  std::atomic<int> refused{0};
  refuser("a", refused, 5);
  ScriptedBackend backup("backup", [](BackendPeer& peer) {
    while (peer.request())
      peer.send("HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
  });
  balance_resuming({"--backup", backup.where()});
  EXPECT_TRUE(is_content(ask()));
  EXPECT_GE(refused, 5);
}

TEST_F(Resume, WhereNobodyGivesTheRestForTooLongItIsBrokenOff) {
  std::atomic<int> refused{0};
  for (const char* name : {"a", "b"}) refuser(name, refused, 1'000'000);
  balance_resuming({"--answer-timeout", "2000"});
  RawClient visitor = client();
  const RawAnswer answer = visitor.ask(kGet);
  EXPECT_FALSE(answer.whole);
  EXPECT_EQ(answer.body, text_.substr(0, answer.body.size()));
  EXPECT_EQ(visitor.end(), End::kReset);
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=backend-closed "));
}

TEST_F(Resume, AVisitorsOwnRangeIsKept) {
  for (const char* name : {"a", "b"}) giver(name, kGivenUpAt);
  balance_resuming();
  const RawAnswer answer =
      ask("GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=50000-220000\r\nIf-Range: \"v1\"\r\n\r\n");
  EXPECT_EQ(answer.status(), 206);
  EXPECT_EQ(answer.field("Content-Range"), "bytes 50000-220000/300000");
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body, text_.substr(50'000, 170'001));
  std::vector<std::string> asked = backends_[0].requests();
  for (const std::string& request : backends_[1].requests()) asked.push_back(request);
  EXPECT_THAT(asked, testing::Contains(
                         testing::AllOf(HasSubstr("\r\nRange: bytes=150000-220000\r\n"),
                                        HasSubstr("\r\nIf-Match: \"v1\"\r\nIf-Range: \"v1\"\r\n"),
                                        Not(HasSubstr("bytes=50000")))));
}

TEST_F(Resume, ASilentBackendIsLeft) {
  for (const char* name : {"a", "b"}) giver(name, 150'000, /*silent=*/true);
  balance_resuming();
  EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" resumed=1 from="));
}

TEST_F(Resume, ABackendThatGivesInBurstsIsGivenTheTimeOfSeveral) {
  for (const char* name : {"a", "b"}) pauser(name, {1500, 1500, 4500});
  balance_resuming({"--resume-after", "3000"});
  EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], Not(HasSubstr("resumed=")));
}

TEST_F(Resume, OneSilenceMakesNoBackendABurstyOne) {
  for (const char* name : {"a", "b"}) pauser(name, {2500, 60'000});
  balance_resuming({"--resume-after", "3000"});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(is_content(ask()));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(11));  // not 2.5 + 10
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" resumed=1 from="));
}

TEST_F(Resume, WhereNobodyElseIsThereASilentBackendHasItsTime) {
  backend("a", [this](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send(head_for(Asked{.last = kBytes - 1, .total = kBytes}));
    peer.send(std::string_view(text_).substr(0, kGivenUpAt));
    std::this_thread::sleep_for(std::chrono::milliseconds(1000));
    peer.send(std::string_view(text_).substr(kGivenUpAt));
    peer.wait_for_close();
  });
  balance_resuming();
  EXPECT_TRUE(is_content(ask()));
}

// Both fall silent at once, and go on at once: none has room while the other is silent.
TEST_F(Resume, WhereNobodyElseHasRoomASilentBackendHasItsTime) {
  constexpr std::size_t kHalf = 10'000;
  text_ = content(2 * kHalf);
  backend_options_ = ",max-connections=1";
  for (const char* name : {"a", "b"})
    backend(name, [this](BackendPeer& peer) {
      while (peer.request()) {
        peer.send(head_for({.last = 2 * kHalf - 1, .total = 2 * kHalf}) + text_.substr(0, kHalf));
        peer.wait_until(go_);
        peer.send(text_.substr(kHalf));
        ++count_;
      }
    });
  balance_resuming({"--queue-timeout", "100"});
  std::vector<RawClient> visitors;
  for (int i = 0; i < 2; ++i) visitors.push_back(client());
  ASSERT_TRUE(status_shows("\"open_connections\": 2"));
  send_at_once(visitors);
  for (ScriptedBackend& each : backends_) ASSERT_NE(each.wait_for_request(), "");
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  balancer_->stop_and_wait();
  go_ = true;
  while (count_ < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  balancer_->signal(SIGCONT);
  for (RawClient& visitor : visitors) EXPECT_TRUE(is_content(visitor.answer()));
  EXPECT_THAT(log_lines(2), testing::Each(Not(HasSubstr("resumed="))));
}

TEST_F(Resume, WhereAllAreSilentTheLastOneHasItsTime) {
  for (const char* name : {"a", "b"})
    backend(name, [this](BackendPeer& peer) {
      const std::optional<std::string> request = peer.request();
      if (!request) return;
      const Asked asked = asked_of(*request, kBytes);
      peer.send(head_for(asked));
      if (!asked.range) peer.send(std::string_view(text_).substr(0, kGivenUpAt));
      std::this_thread::sleep_for(std::chrono::milliseconds(1500));
      peer.send(std::string_view(text_).substr(asked.range ? asked.first : kGivenUpAt));
      peer.wait_for_close();
    });
  balance_resuming();
  EXPECT_TRUE(is_content(ask()));
}

TEST_F(Resume, AVisitorWhoTakesNothingIsNoReasonToLeave) {
  text_.assign(30'000'000, 'x');
  ScriptedBackend& a = backend("a", [this](BackendPeer& peer) {
    while (peer.request())
      peer.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 30000000\r\n\r\n" + text_);
  });
  ScriptedBackend& b = backend("b", [this](BackendPeer& peer) {
    while (peer.request())
      peer.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 30000000\r\n\r\n" + text_);
  });
  balance_resuming({"--resume-after", "1500"});
  RawClient visitor = client();
  visitor.small_receive_window(64 * 1024);
  visitor.send(kGet);
  std::this_thread::sleep_for(std::chrono::milliseconds(3000));
  EXPECT_EQ(visitor.answer().body.size(), text_.size());
  EXPECT_EQ(a.requests().size() + b.requests().size(), 1U);
}

TEST_F(Resume, AHeadWithoutAByteOfItsBodyIsEnoughToGoOn) {
  for (const char* name : {"a", "b"})
    backend(name, [this](BackendPeer& peer) {
      const std::optional<std::string> request = peer.request();
      if (!request) return;
      const Asked asked = asked_of(*request, kBytes);
      peer.send(head_for(asked));
      if (asked.range) peer.send(text_.substr(asked.first));
    });
  balance_resuming();
  EXPECT_TRUE(is_content(ask()));
}

// Each ends at the third backend, which is honest, with no wrong byte.
TEST_F(Resume, LiesAreNotBelieved) {
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
TEST_F(Resume, WhereOneHasSomethingElseWhoIsBackInAMomentIsWaitedFor) {
  std::atomic<int> refused{0};
  for (const char* name : {"a", "b"}) refuser(name, refused, 6);
  backend("else", [](BackendPeer& peer) {
    while (peer.request()) peer.send("HTTP/1.1 412 X\r\nContent-Length: 0\r\n\r\n");
  });
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
TEST_F(Resume, WithLiarsOnlyItIsBrokenOff) {
  giver("broken", kGivenUpAt);
  backend("changed", [](BackendPeer& peer) {
    while (peer.request()) peer.send("HTTP/1.1 412 X\r\nContent-Length: 0\r\n\r\n");
  });
  std::vector<std::string> flags = {"--policy", "round-robin"};
  balance_resuming(flags);
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

TEST_F(Resume, AnswersThatCannotBeResumedAreBrokenOff) {
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

TEST_F(Resume, ARequestWithABodyIsNotAskedInParts) {
  for (const char* name : {"a", "b"}) giver(name, kGivenUpAt);
  balance_resuming();
  RawClient visitor = client();
  EXPECT_FALSE(visitor.ask("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi").whole);
  EXPECT_EQ(visitor.end(), End::kReset);
}

TEST_F(Resume, AVisitorWhoLeavesMeanwhileEndsIt) {
  giver("broken", kGivenUpAt);
  backend("slow", [this](BackendPeer& peer) {
    if (!peer.request()) return;
    go_ = true;
    peer.wait_for_close();
  });
  balance_resuming({"--policy", "round-robin"});
  for (int i = 0; i < 2 && !go_; ++i) {
    RawClient visitor = client();
    visitor.send(kGet);
    (void)visitor.bytes(100);
    while (!go_ && backends_[0].requests().empty())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    visitor.reset();
  }
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
  EXPECT_TRUE(status_shows("\"open_connections\": 0"));
}

TEST_F(Resume, AVisitorWhoLeavesWhileTwoAreAskedForTheRestBlamesNeither) {
  std::string told;
  // Two may have been asked for the whole, too, on a busy machine: then once more.
  for (int tries = 0; tries < 5; ++tries) {
    backends_.clear();
    count_ = 0;
    for (const char* name : {"a", "b", "c"})
      backend(name, [this](BackendPeer& peer) {
        const std::optional<std::string> request = peer.request();
        if (!request) return;
        const Asked asked = asked_of(*request, kBytes);
        if (!asked.range) return peer.send(head_for(asked) + text_.substr(0, kGivenUpAt));
        ++count_;
        peer.wait_for_close();
      });
    balance_resuming({"--hedge-after", "1000"});
    RawClient visitor = client();
    visitor.send(kGet);
    while (count_ < 2) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    visitor.reset();
    EXPECT_TRUE(status_shows("\"open_connections\": 0"));
    told = status();
    if (told.find("\"hedges\": 2") == std::string::npos) break;
  }
  const std::size_t failed = told.find("\"failures\": 1");
  EXPECT_NE(failed, std::string::npos) << "the one that broke off";
  EXPECT_EQ(told.find("\"failures\": 1", failed + 1), std::string::npos) << told;
}

}  // namespace
}  // namespace bramble::test
