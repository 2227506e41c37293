// SPDX-License-Identifier: Apache-2.0
// A large body from several backends at once: the same bytes, in order, or visibly broken off.
#include <optional>

#include "balance_fixture.hh"
#include "ranged_answers.hh"

namespace bramble::test {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kBytes = 12'000'000;
constexpr std::size_t kPieceBytes = 50'000;

class StripeTest : public BalanceTest {
 protected:
  StripeTest() { text_ = content(kBytes); }

  // Gives some 10 MB a second, as a cable does. `most` of all requests together, then it closes, or
  // is silent; as a liar it lies where it is asked for a part.
  struct Giver {
    std::size_t most = SIZE_MAX;
    bool silent = false;
    Lie lie;
    milliseconds pause{5};
    std::size_t pauses_at = SIZE_MAX;    // for 1 s, once
    std::size_t whole_most = SIZE_MAX;   // who asks for no part gets so many, then it closes
    bool mute_for_parts = false;         // takes requests for a part, and answers none
    std::size_t changes_at = SIZE_MAX;   // when all together have given so much, it is another file
    milliseconds small_beside_parts{0};  // what a small answer takes while it gives a part
  };
  ScriptedBackend& giver(const std::string& name, Giver how) {
    auto given = std::make_shared<std::atomic<std::size_t>>(0);
    auto parts = std::make_shared<std::atomic<int>>(0);  // under way
    return backend(name, [this, how, given, parts](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        if (request->starts_with("GET /small ")) {
          if (*parts > 0) std::this_thread::sleep_for(how.small_beside_parts);
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall");
          continue;
        }
        if (request->starts_with("GET /held ")) {
          peer.wait_until(go_);
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall");
          continue;
        }
        const Asked asked = asked_of(*request, kBytes);
        if (count_ >= how.changes_at) {
          peer.send("HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
          continue;
        }
        if (asked.range && how.mute_for_parts) return void(peer.wait_for_close());
        peer.send(asked.range ? head_for(asked, how.lie) : head_for(asked));
        if (asked.range && how.lie.status != 206) continue;
        std::string_view left = std::string_view(text_).substr(asked.first, asked.bytes());
        left.remove_suffix(asked.range ? how.lie.cut : 0);
        if (!asked.range && left.size() > how.whole_most)
          return peer.send(left.substr(0, how.whole_most));
        *parts += asked.range ? 1 : 0;
        while (!left.empty() && *given < how.most && peer.is_open()) {
          const std::string_view piece = left.substr(0, kPieceBytes);
          peer.send(piece);
          const bool paused = *given > how.pauses_at;
          *given += piece.size();
          if (!paused && *given > how.pauses_at) std::this_thread::sleep_for(milliseconds(1000));
          count_ += piece.size();
          left.remove_prefix(piece.size());
          std::this_thread::sleep_for(how.pause);
        }
        *parts -= asked.range ? 1 : 0;
        if (asked.range) peer.send(how.lie.more_body);
        if (left.empty() && how.lie.cut == 0) continue;
        if (how.silent) peer.wait_for_close();
        return;
      }
    });
  }
  void givers() {
    for (const char* name : {"a", "b", "c"}) giver(name, {});
  }
  void balance_striping(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> all = {"--stripe", "--stripe-min", "1024"};
    all.insert(all.end(), flags.begin(), flags.end());
    balance(all);
  }
  bool is_content(const RawAnswer& answer) const { return answer.whole && answer.body == text_; }
  // A visitor who sees that it is not whole, and no wrong byte.
  void expect_broken_off(std::size_t after) {
    RawClient visitor = client();
    const RawAnswer answer = visitor.ask(kGet);
    EXPECT_FALSE(answer.whole);
    EXPECT_GT(answer.body.size(), after);
    EXPECT_EQ(answer.body, text_.substr(0, answer.body.size()));
    EXPECT_EQ(visitor.end(), End::kReset);
  }
};

TEST_F(StripeTest, ALargeBodyComesFromAllBackends) {
  givers();
  balance_striping();
  EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" stripes=3 end=ok "));
  EXPECT_TRUE(status_shows("\"stripes\": 1"));
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
  const RawAnswer answer = ask("GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=500000-11500000\r\n\r\n");
  EXPECT_EQ(answer.status(), 206);
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body, text_.substr(500'000, 11'000'001));
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" stripes=3 end=ok "));
}

TEST_F(StripeTest, ABackendThatDiesCostsItsPiece) {
  giver("a", {});
  giver("b", {.most = 3'000'000});
  giver("c", {});
  balance_striping({"--resume"});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_content(ask()));
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=ok "));
}

TEST_F(StripeTest, ABackendThatFallsSilentIsNotWaitedFor) {
  giver("a", {});
  giver("b", {.most = 3'000'000, .silent = true});
  giver("c", {});
  balance_striping({"--resume", "--resume-after", "60000"});  // longer than a visitor of ours waits
  EXPECT_TRUE(is_content(ask()));
}

TEST_F(StripeTest, WhereAllDieItIsBrokenOff) {
  for (const char* name : {"a", "b", "c"}) giver(name, {.most = 3'000'000});
  balance_striping({"--resume"});
  expect_broken_off(3'000'000);
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
    for (const char* name : {"a", "b"}) giver(name, {.lie = lies[i], .pause = milliseconds(1)});
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

class StripeBesideOthersTest : public StripeTest {
 protected:
  StripeBesideOthersTest() {
    for (const char* name : {"a", "b", "c"})
      giver(name, {.pause = milliseconds(20), .small_beside_parts = milliseconds(40)});
    balance_striping();
  }
  void ask_for_small_ones(int count) {
    RawClient visitor = client();
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(visitor.ask("GET /small HTTP/1.1\r\nHost: x\r\n\r\n").body, "small");
      std::this_thread::sleep_for(milliseconds(2));
    }
  }
};

TEST_F(StripeBesideOthersTest, WhereSmallAnswersSufferItMakesWay) {
  ask_for_small_ones(100);
  std::thread download([this] {
    EXPECT_TRUE(is_content(ask()));
    go_ = true;
  });
  while (!go_) ask_for_small_ones(5);
  download.join();
  EXPECT_THAT(status(), AllOf(HasSubstr("\"stripes\": 1"), Not(HasSubstr("\"stripe_rests\": 0"))));
}

TEST_F(StripeBesideOthersTest, WithoutSmallAnswersNobodyDoes) {
  EXPECT_TRUE(is_content(ask()));
  EXPECT_TRUE(status_shows("\"stripe_rests\": 0"));
}

// Where each backend takes one request at a time, lanes make room for those who wait, and have
// their places again after them.
TEST_F(StripeTest, RequestsThatWaitForRoomAreServedMeanwhile) {
  for (const char* name : {"a", "b", "c"}) giver(name, {.pause = milliseconds(20)});
  backend_options_ = ",max-connections=1";
  balance_striping();
  std::thread download([this] { EXPECT_TRUE(is_content(ask())); });
  EXPECT_TRUE(status_shows("\"stripes\": 1"));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(ask("GET /small HTTP/1.1\r\nHost: x\r\n\r\n").body, "small");
  download.join();
  EXPECT_THAT(log_lines(5)[4], AllOf(HasSubstr("\"GET / "), HasSubstr(" stripes=3 end=ok ")));
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
}

// Two requests that want a place each, for long, while a download has none to fill: it keeps one.
class StripePlacesTest : public StripeTest {
 protected:
  StripePlacesTest() {
    for (const char* name : {"a", "b"}) giver(name, {});
    backend_options_ = ",max-connections=1";
  }
  void begin() {
    balance_striping({"--resume", "--stripe-memory", "2", "--threads", threads_});
    visitor_.emplace(client());
    visitor_->small_receive_window(64 * 1024);
    visitor_->send(kGet);
    got_ = visitor_->bytes(4'000'000);
    head_bytes_ = got_.find("\r\n\r\n") + 4;
  }
  void others_come() {
    EXPECT_TRUE(status_shows("\"in_flight\": 0")) << "one place is free";
    for (int i = 0; i < 2; ++i)
      others_.emplace_back(client()).send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(status_shows("\"queued\": 1"));
  }
  void expect_all_served() {
    got_ += visitor_->bytes(head_bytes_ + kBytes - got_.size());
    EXPECT_TRUE(got_.substr(head_bytes_) == text_) << got_.size();
    go_ = true;
    for (RawClient& each : others_) EXPECT_EQ(each.answer().body, "small");
    EXPECT_TRUE(status_shows("\"in_flight\": 0"));
  }

  std::string threads_ = "1";
  std::optional<RawClient> visitor_;
  std::string got_;
  std::size_t head_bytes_ = 0;
  std::vector<RawClient> others_;
};

TEST_F(StripePlacesTest, ADownloadThatWaitsForItsVisitorKeepsAPlace) {
  begin();
  others_come();
  expect_all_served();
}

TEST_F(StripePlacesTest, WhatGoesOnAsOneStreamHasAPlace) {
  begin();
  for (int i = 0; i < 150; ++i) {  // for which one backend is fast enough
    got_ += visitor_->bytes(8'000);
    std::this_thread::sleep_for(milliseconds(10));
  }
  others_come();
  expect_all_served();
}

// Whose thread has another queue.
TEST_F(StripeTest, RequestsThatWaitAtAnotherThreadAreServedMeanwhile) {
  for (const char* name : {"a", "b", "c"}) giver(name, {.pause = milliseconds(20)});
  backend_options_ = ",max-connections=1";
  balance_striping({"--threads", "2"});
  std::thread download([this] {
    EXPECT_TRUE(is_content(ask()));
    go_ = true;
  });
  EXPECT_TRUE(status_shows("\"stripes\": 1"));
  for (int i = 0; i < 6; ++i)  // some of them there
    EXPECT_EQ(ask("GET /small HTTP/1.1\r\nHost: x\r\n\r\n").body, "small");
  EXPECT_FALSE(go_) << "the download goes on meanwhile";
  download.join();
}

// As it would have gone without.
TEST_F(StripeTest, WhereNobodyElseHasTheSameTheStreamGoesOn) {
  for (const char* name : {"a", "b"}) giver(name, {.lie = {.status = 404}, .pauses_at = 2'500'000});
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
  // On a busy machine the visitor may have taken all before anybody helps: then once more.
  for (int tries = 0; tries < 5; ++tries) {
    begin();
    RawClient visitor(port_, RawClient::Line::kThin);
    visitor.send(kGet);
    std::string got;
    while (!go_) got += visitor.bytes(500);
    for (int i = 0; i < 100 && !helped(); ++i) {  // 40 KB a second
      got += visitor.bytes(2000);
      std::this_thread::sleep_for(milliseconds(50));
    }
    if (!helped()) continue;
    visitor.small_receive_window(1024 * 1024);  // not small any more
    const std::size_t head = got.find("\r\n\r\n") + 4;
    got += visitor.bytes(head + kBytes - got.size());
    EXPECT_TRUE(got.substr(head) == text_) << got.size();
    return;
  }
  FAIL() << "nobody helped in five tries";
}

TEST_F(StripeTest, AMuteHelperHoldsNothingUp) {
  for (const char* name : {"a", "b"}) giver(name, {.mute_for_parts = true});
  balance_striping({"--resume-after", "60000"});  // longer than a visitor of ours waits
  EXPECT_TRUE(is_content(ask()));
}

TEST_F(StripeTest, TheLogTellsWhereItWasResumedThoughTheStripeEndsLater) {
  for (const char* name : {"a", "b", "c"}) giver(name, {.whole_most = 1'000'000});
  balance_striping({"--resume", "--stripe-memory", "2"});
  RawClient visitor = client();
  visitor.small_receive_window(64 * 1024);
  visitor.send(kGet);
  std::string got = visitor.bytes(4'000'000);
  const std::size_t head = got.find("\r\n\r\n") + 4;
  for (int i = 0; i < 250; ++i) {  // for which one backend is fast enough
    got += visitor.bytes(8'000);
    std::this_thread::sleep_for(milliseconds(10));
  }
  got += visitor.bytes(head + kBytes - got.size());
  EXPECT_TRUE(got.substr(head) == text_);
  EXPECT_THAT(log_lines(1)[0],
              AllOf(HasSubstr(" resumed=1 from="), HasSubstr(" at=1000000 stripes=")));
}

TEST_F(StripeTest, AFileThatChangesMeanwhileIsBrokenOff) {
  for (const char* name : {"a", "b", "c"}) giver(name, {.changes_at = 6'000'000});
  balance_striping({"--resume"});
  expect_broken_off(4'000'000);
}

TEST_F(StripeTest, AVisitorWhoLeavesMeanwhileEndsIt) {
  givers();
  balance_striping();
  RawClient visitor = client();
  visitor.send(kGet);
  (void)visitor.bytes(6'000'000);
  visitor.reset();
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
  EXPECT_TRUE(status_shows("\"open_connections\": 0"));
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=client-aborted "));
}

TEST_F(StripeTest, ASlowVisitorIsServedByOne) {
  givers();
  balance_striping();
  RawClient visitor = client();
  visitor.small_receive_window(32 * 1024);
  visitor.send(kGet);
  for (std::size_t got = 0; got < 4'000'000; got += 40'000) {
    (void)visitor.bytes(40'000);
    std::this_thread::sleep_for(milliseconds(10));
  }
  visitor.reset();
  EXPECT_THAT(log_lines(1)[0], Not(HasSubstr("stripes=")));
}

}  // namespace
}  // namespace bramble::test
