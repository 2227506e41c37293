// SPDX-License-Identifier: Apache-2.0
// A large body from several backends at once, beside other requests: they have their places, and
// their answers in good time.
#include <optional>

#include "stripe_fixture.hh"

namespace bramble::test {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class StripeBesideOthersTest : public StripeTest {
 protected:
  StripeBesideOthersTest() {
    for (const char* name : {"a", "b", "c"})
      giver(name, {.pause = milliseconds(30), .small_beside_parts = milliseconds(40)});
    balance_striping();
  }
  void ask_for_small_ones(int count) {
    RawClient visitor = client();
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(visitor.ask("GET /small HTTP/1.1\r\nHost: x\r\n\r\n").body, "small");
      std::this_thread::sleep_for(milliseconds(2));
    }
  }
  bool nobody_made_way() const { return status().find("\"stripe_rests\": 0") != std::string::npos; }
};

TEST_F(StripeBesideOthersTest, WhereSmallAnswersSufferItMakesWay) {
  ask_for_small_ones(100);
  std::thread download([this] {
    // Once more where a busy machine lets too few small answers come beside it.
    for (int tries = 0; tries < 10 && nobody_made_way(); ++tries) EXPECT_TRUE(is_content(ask()));
    go_ = true;
  });
  std::vector<std::thread> others;
  for (int i = 0; i < 6; ++i)
    others.emplace_back([this] {
      while (!go_) ask_for_small_ones(5);
    });
  download.join();
  for (std::thread& each : others) each.join();
  EXPECT_THAT(status(), Not(AnyOf(HasSubstr("\"stripes\": 0"), HasSubstr("\"stripe_rests\": 0"))));
}

TEST_F(StripeBesideOthersTest, WithoutSmallAnswersNobodyDoes) {
  EXPECT_TRUE(is_content(ask()));
  EXPECT_TRUE(status_shows("\"stripe_rests\": 0"));
}

// Where each backend takes one request at a time, lanes make room for those who wait, and have
// their places again after them.
TEST_F(StripeTest, RequestsThatWaitForRoomAreServedMeanwhile) {
  for (const char* name : {"a", "b", "c"}) giver(name, {.pause = milliseconds(80)});
  backend_options_ = ",max-connections=1";
  balance_striping();
  std::thread download([this] { EXPECT_TRUE(is_content(ask())); });
  EXPECT_TRUE(status_shows("\"stripes\": 1"));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(ask("GET /small HTTP/1.1\r\nHost: x\r\n\r\n").body, "small");
  download.join();
  EXPECT_THAT(log_lines(5),
              testing::Contains(AllOf(HasSubstr("\"GET / "), HasSubstr(" stripes=3 end=ok "))));
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
}

// Two requests that want a place each, for long, while a download has none to fill: it keeps one.
class StripePlacesTest : public StripeTest {
 protected:
  StripePlacesTest() {
    text_ = content(kManyBytes);
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
    got_ += visitor_->bytes(head_bytes_ + text_.size() - got_.size());
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
  for (const char* name : {"a", "b", "c"}) giver(name, {.pause = milliseconds(80)});
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

}  // namespace
}  // namespace bramble::test
