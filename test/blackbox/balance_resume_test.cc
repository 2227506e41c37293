// SPDX-License-Identifier: Apache-2.0
// What a backend breaks off goes on at another that has the same, or is visibly broken off.
#include "resume_fixture.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ResumeTest, ABodyThatIsBrokenOffGoesOnAtAnother) {
  for (const char* name : {"a", "b", "c"}) giver(name, kGivenUpAt);
  balance_resuming();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(is_content(ask())) << "two deaths in each";
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" resumed=2 from="));
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" at=200000 end=ok "));
  EXPECT_TRUE(status_shows("\"resumes\": 10"));
}

TEST_F(ResumeTest, WithoutItABrokenBodyStaysBroken) {
  for (const char* name : {"a", "b"}) giver(name, kGivenUpAt);
  balance();
  RawClient visitor = client();
  EXPECT_FALSE(visitor.ask(kGet).whole);
  EXPECT_EQ(visitor.end(), End::kReset);
}

// As from nodes whose servers have just been started again, and do not reach their volume yet.
TEST_F(ResumeTest, WhoCannotGiveTheRestNowIsAskedAgain) {
  std::atomic<int> refused{0};
  for (const char* name : {"a", "b"}) refuser(name, refused, 7);
  balance_resuming();
  EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" resumed=1 from="));
  EXPECT_GE(refused, 7);
}

// As the copy off-site of a file that was changed a moment ago.
TEST_F(ResumeTest, WhatOnlyABackupHasEndsNothing) {
  std::atomic<int> refused{0};
  refuser("a", refused, 5);
  ScriptedBackend backup("backup", has_another);
  balance_resuming({"--backup", backup.where()});
  EXPECT_TRUE(is_content(ask()));
  EXPECT_GE(refused, 5);
}

TEST_F(ResumeTest, WhereNobodyGivesTheRestForTooLongItIsBrokenOff) {
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

TEST_F(ResumeTest, AVisitorsOwnRangeIsKept) {
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

TEST_F(ResumeTest, AHeadWithoutAByteOfItsBodyIsEnoughToGoOn) {
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

TEST_F(ResumeTest, AVisitorWhoLeavesMeanwhileEndsIt) {
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

TEST_F(ResumeTest, AVisitorWhoLeavesWhileTwoAreAskedForTheRestBlamesNeither) {
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
