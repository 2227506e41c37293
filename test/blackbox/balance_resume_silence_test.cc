// SPDX-License-Identifier: Apache-2.0
// A backend that falls silent in the middle of a body is left, but not where it only takes its
// time.
#include <signal.h>

#include "resume_fixture.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ResumeTest, ASilentBackendIsLeft) {
  for (const char* name : {"a", "b"}) giver(name, 150'000, /*silent=*/true);
  balance_resuming();
  EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" resumed=1 from="));
}

TEST_F(ResumeTest, ABackendThatGivesInBurstsIsGivenTheTimeOfSeveral) {
  for (const char* name : {"a", "b"}) pauser(name, {1500, 1500, 4500});
  balance_resuming({"--resume-after", "3000"});
  EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], Not(HasSubstr("resumed=")));
}

TEST_F(ResumeTest, OneSilenceMakesNoBackendABurstyOne) {
  for (const char* name : {"a", "b"}) pauser(name, {2500, 60'000});
  balance_resuming({"--resume-after", "3000"});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(is_content(ask()));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(11));  // not 2.5 + 10
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" resumed=1 from="));
}

TEST_F(ResumeTest, WhereNobodyElseIsThereASilentBackendHasItsTime) {
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
TEST_F(ResumeTest, WhereNobodyElseHasRoomASilentBackendHasItsTime) {
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

TEST_F(ResumeTest, WhereAllAreSilentTheLastOneHasItsTime) {
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

TEST_F(ResumeTest, AVisitorWhoTakesNothingIsNoReasonToLeave) {
  text_.assign(30'000'000, 'x');
  for (const char* name : {"a", "b"})
    backend(name, [this](BackendPeer& peer) {
      while (peer.request())
        peer.send(head_for({.last = text_.size() - 1, .total = text_.size()}) + text_);
    });
  balance_resuming({"--resume-after", "1500"});
  RawClient visitor = client();
  visitor.small_receive_window(64 * 1024);
  visitor.send(kGet);
  std::this_thread::sleep_for(std::chrono::milliseconds(3000));
  EXPECT_EQ(visitor.answer().body.size(), text_.size());
  EXPECT_EQ(backends_[0].requests().size() + backends_[1].requests().size(), 1U);
}

}  // namespace
}  // namespace bramble::test
