// SPDX-License-Identifier: Apache-2.0
#include "http/body.hh"

#include <gtest/gtest.h>

namespace bramble::http {
namespace {

using Kind = Framing::Kind;

TEST(Body, OfNothingOrOfNoLengthIsOverAtOnce) {
  EXPECT_TRUE(Body().done());
  EXPECT_TRUE(Body({.kind = Kind::kLength, .length = 0}).done());
}

TEST(Body, OfALengthLeavesWhatFollowsAlone) {
  Body body({.kind = Kind::kLength, .length = 5});
  EXPECT_EQ(body.feed("hel").bytes, 3U);
  EXPECT_EQ(body.unseen_left(), 2U);
  EXPECT_FALSE(body.ends_with_connection());
  const Body::Progress progress = body.feed("loGET /");
  EXPECT_EQ(progress.bytes, 2U);
  EXPECT_EQ(progress.outcome, Body::Outcome::kDone);
  EXPECT_TRUE(body.done());
}

TEST(Body, UntilCloseEndsWithTheConnection) {
  Body body({.kind = Kind::kUntilClose});
  EXPECT_EQ(body.feed("all of this").outcome, Body::Outcome::kMore);
  EXPECT_EQ(body.unseen_left(), Body::kEndless);
  EXPECT_TRUE(body.ends_with_connection());
}

TEST(Body, InChunksEndsWithTheLastOne) {
  Body body({.kind = Kind::kChunked});
  EXPECT_EQ(body.feed("5\r\nhe").outcome, Body::Outcome::kMore);
  EXPECT_EQ(body.unseen_left(), 3U);
  EXPECT_FALSE(body.ends_with_connection());
  EXPECT_EQ(body.feed("llo\r\n0\r\n\r\nrest").outcome, Body::Outcome::kDone);
}

TEST(Body, IsDecodedForAReaderThatKnowsNoChunks) {
  const std::string input = "5;x\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\nrest";
  for (std::size_t split = 0; split <= input.size(); ++split) {
    Body body({.kind = Kind::kChunked});
    std::string data;
    const Body::Progress first = body.decode(std::string_view(input).substr(0, split), data);
    if (!body.done()) body.decode(std::string_view(input).substr(first.bytes), data);
    EXPECT_TRUE(body.done()) << split;
    EXPECT_EQ(data, "hello!") << split;
  }
}

TEST(Body, ThatIsNoChunkedOneIsNotDecoded) {
  Body body({.kind = Kind::kChunked});
  std::string data;
  EXPECT_EQ(body.decode("5\r\nhelloX", data).outcome, Body::Outcome::kBad);
}

}  // namespace
}  // namespace bramble::http
