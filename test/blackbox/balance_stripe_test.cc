// SPDX-License-Identifier: Apache-2.0
// A large body from several backends at once: the same bytes, in order, or visibly broken off.
#include <optional>

#include "stripe_fixture.hh"

namespace bramble::test {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(StripeTest, ALargeBodyComesFromAllBackends) {
  givers();
  balance_striping();
  expect_all_three_give([&] { EXPECT_TRUE(is_content(ask())); });
  EXPECT_THAT(status(), Not(HasSubstr("\"stripes\": 0")));
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
  const auto gave_part = [](ScriptedBackend& giver) {
    return giver.requests().back().find("\r\nIf-Match: \"v1\"\r\nIf-Range: \"v1\"\r\n") !=
           std::string::npos;
  };
  EXPECT_GE(std::ranges::count_if(backends_, gave_part), 2) << "the first began with all of it";
}

TEST_F(StripeTest, WithoutItOneBackendGivesAll) {
  givers();
  balance();
  EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], Not(HasSubstr("stripes=")));
}

TEST_F(StripeTest, TheConnectionServesTheNextRequest) {
  givers();
  balance_striping();
  RawClient visitor = client();
  EXPECT_TRUE(is_content(visitor.ask(kGet)));
  EXPECT_TRUE(is_content(visitor.ask(kGet)));
}

TEST_F(StripeTest, AVisitorsOwnRangeIsKept) {
  givers();
  balance_striping();
  expect_all_three_give([&] {
    const RawAnswer answer =
        ask("GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=500000-7500000\r\n\r\n");
    EXPECT_EQ(answer.status(), 206);
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.body, text_.substr(500'000, 7'000'001));
  });
}

TEST_F(StripeTest, ABackendThatDiesCostsItsPiece) {
  giver("a", {});
  giver("b", {.most = 1'500'000});
  giver("c", {});
  balance_striping({"--resume"});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=ok "));
}

TEST_F(StripeTest, ABackendThatFallsSilentIsNotWaitedFor) {
  giver("a", {});
  giver("b", {.most = 1'500'000, .silent = true});
  giver("c", {});
  balance_striping({"--resume", "--resume-after", "60000"});  // longer than a visitor of ours waits
  EXPECT_TRUE(is_content(ask()));
}

TEST_F(StripeTest, WhereAllDieItIsBrokenOff) {
  for (const char* name : {"a", "b", "c"}) giver(name, {.most = 2'000'000});
  balance_striping({"--resume", "--answer-timeout", "2000"});
  expect_broken_off();
}

// The stream that was there goes on alone: nothing else is believed.
TEST_F(StripeTest, LiesAreNotBelieved) {
  const std::vector<Lie> lies = {
      {.etag = "\"v2\""},
      {.etag = "W/\"v1\""},
      {.first = 1},
      {.first = -1},
      {.last = -1},
      {.last = 1},
      {.total = 1},
      {.length = 1},
      {.length = -1},
      {.first = -1, .length = 1},
      {.last = -1, .length = -1},
      {.status = 200},
      {.status = 412},
      {.status = 503},
      {.more_fields = "Content-Encoding: gzip\r\n"},
      {.more_fields = "Vary: Accept-Language\r\n"},
      {.more_fields = "Transfer-Encoding: chunked\r\n"},
      {.cut = 1},
      {.more_body = "and more"},
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    backends_.clear();
    for (const char* name : {"a", "b"}) giver(name, {.lie = lies[i], .pause = milliseconds(2)});
    balance_striping();
    RawClient visitor = client();
    const RawAnswer answer = visitor.ask(kGet);
    EXPECT_EQ(answer.body, text_.substr(0, answer.body.size())) << "lie " << i;
    const bool broken_by_all = lies[i].cut > 0 || !lies[i].more_body.empty();
    EXPECT_TRUE(answer.whole || broken_by_all) << "lie " << i;
    if (!answer.whole) {
      EXPECT_EQ(visitor.end(), End::kReset) << "lie " << i;
    }
  }
}

// As it would have gone without.
TEST_F(StripeTest, WhereNobodyElseHasTheSameTheStreamGoesOn) {
  for (const char* name : {"a", "b"}) giver(name, {.lie = {.status = 404}, .pauses_at = 2'000'000});
  balance_striping({"--resume-after", "200"});
  EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], Not(HasSubstr("stripes=")));
}

// A stream under way waits where nobody helps, with bytes before it that the visitor takes slowly;
// then somebody does help, and both go on with the rest.
class StripeHeldTest : public StripeTest {
 protected:
  void begin() {
    backends_.clear();
    count_ = 0;
    go_ = false;
    for (const char* name : {"a", "b"}) backend(name, [this](BackendPeer& peer) { serve(peer); });
    balance_striping({"--resume-after", "300"});
  }
  bool helped() const { return count_ > 1; }

 private:
  void serve(BackendPeer& peer) {
    while (const std::optional<std::string> request = peer.request()) {
      const Asked asked = asked_of(*request, kBytes);
      const std::string_view part = std::string_view(text_).substr(asked.first, asked.bytes());
      if (asked.range && count_++ == 0) {
        go_ = true;
        return void(peer.wait_for_close());
      }
      peer.send(head_for(asked));
      if (asked.range) {
        peer.send(part);
        continue;
      }
      std::size_t given = 0;
      for (; !go_ && peer.is_open(); given += 1000) {  // 20 KB a second
        peer.send(part.substr(given, 1000));
        std::this_thread::sleep_for(milliseconds(50));
      }
      peer.send(part.substr(given, 375'000));  // less than its piece
      return void(peer.wait_for_close());
    }
  }
};

TEST_F(StripeHeldTest, AStreamThatWaitedInMidPieceGivesItUpToWhoHelps) {
  // The visitor may have taken all before anybody helps, as the machine has it: then once more.
  for (int tries = 0; tries < 5; ++tries) {
    begin();
    RawClient visitor(port_, RawClient::Line::kThin);
    visitor.send(kGet);
    std::string got;
    while (!go_) got += visitor.bytes(500);
    // As slowly as a stream that is given up may lie in memory meanwhile, as fast as it pays.
    const auto since = std::chrono::steady_clock::now();
    const auto due = [&] { return (std::chrono::steady_clock::now() - since) / milliseconds(50); };
    for (std::int64_t taken = 0; taken < 100 && !helped(); ++taken) {  // 60 KB a second
      got += visitor.bytes(3000);
      while (taken >= due()) std::this_thread::sleep_for(milliseconds(10));
    }
    if (!helped()) continue;
    visitor.small_receive_window(1024 * 1024);  // not small any more
    const std::size_t head = got.find("\r\n\r\n") + 4;
    got += visitor.bytes(head + kBytes - got.size());
    EXPECT_TRUE(got.substr(head) == text_) << got.size();
    return;
  }
  GTEST_SKIP() << "in five tries the visitor had taken all before anybody helped";
}

TEST_F(StripeTest, AMuteHelperHoldsNothingUp) {
  for (const char* name : {"a", "b"}) giver(name, {.mute_for_parts = true});
  balance_striping({"--resume-after", "60000"});  // longer than a visitor of ours waits
  EXPECT_TRUE(is_content(ask()));
}

TEST_F(StripeTest, TheLogTellsWhereItWasResumedThoughTheStripeEndsLater) {
  text_ = content(kManyBytes);
  for (const char* name : {"a", "b", "c"}) giver(name, {.whole_most = 200'000});
  balance_striping({"--resume", "--resume-after", "5000", "--stripe-memory", "2"});
  RawClient visitor = client();
  visitor.small_receive_window(64 * 1024);
  visitor.send(kGet);
  std::string got = visitor.bytes(4'000'000);
  const std::size_t head = got.find("\r\n\r\n") + 4;
  for (int i = 0; i < 250; ++i) {  // for which one backend is fast enough
    got += visitor.bytes(8'000);
    std::this_thread::sleep_for(milliseconds(10));
  }
  got += visitor.bytes(head + text_.size() - got.size());
  EXPECT_TRUE(got.substr(head) == text_);
  EXPECT_THAT(log_lines(1)[0],
              AllOf(HasSubstr(" resumed=1 from="), HasSubstr(" at=200000 stripes=")));
}

TEST_F(StripeTest, AFileThatChangesMeanwhileIsBrokenOff) {
  for (const char* name : {"a", "b", "c"}) giver(name, {.changes_at = 4'000'000});
  balance_striping({"--resume"});
  expect_broken_off();
}

TEST_F(StripeTest, AVisitorWhoLeavesMeanwhileEndsIt) {
  text_ = content(kManyBytes);
  givers();
  balance_striping();
  RawClient visitor = client();
  visitor.small_receive_window(64 * 1024);  // or the kernels have taken the rest meanwhile
  visitor.send(kGet);
  (void)visitor.bytes(6'000'000);
  visitor.reset();
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
  EXPECT_TRUE(status_shows("\"open_connections\": 0"));
  EXPECT_THAT(log_lines(1)[0], AllOf(HasSubstr(" stripes="), HasSubstr("end=client-aborted ")));
}

TEST_F(StripeTest, ASlowVisitorIsServedByOne) {
  for (const char* name : {"a", "b", "c"}) giver(name, {.pause = milliseconds(5)});
  balance_striping();
  RawClient visitor = client();
  visitor.small_receive_window(32 * 1024);
  visitor.send(kGet);
  for (int i = 0; i < 50; ++i) {  // much slower than a backend that has to share its processor
    (void)visitor.bytes(10'000);
    std::this_thread::sleep_for(milliseconds(40));
  }
  visitor.reset();
  EXPECT_THAT(log_lines(1)[0], Not(HasSubstr("stripes=")));
}

}  // namespace
}  // namespace bramble::test
