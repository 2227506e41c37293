// SPDX-License-Identifier: Apache-2.0
#include "node/tunnel_watch.hh"

#include <gtest/gtest.h>

#include <string>

namespace bramble {
namespace {

std::string dials(const std::string& answers) {
  Silence silence;
  std::string told;
  for (const char answer : answers) told += silence.tick(answer == 'a') ? 'D' : '.';
  return told;
}

TEST(Silence, APeerThatAnswersIsLeftAlone) { EXPECT_EQ(dials("aaaa"), "...."); }

TEST(Silence, OneLostPacketIsForgiven) { EXPECT_EQ(dials("a.a.a"), "....."); }

TEST(Silence, ASilentPeerIsDialledAndThenNowAndThen) {
  EXPECT_EQ(dials("a............"), "..D....D....D");
}

TEST(Silence, AfterAnAnswerItBeginsAnew) { EXPECT_EQ(dials("...a.."), ".D...D"); }

TEST(Echo, ARequestCarriesTheChecksumOfRfc1071) {
  EXPECT_EQ(echo_request(0x1234, 1), std::string("\x08\x00\xe5\xca\x12\x34\x00\x01", 8));
}

class EchoReply : public ::testing::Test {
 protected:
  std::string packet_ = '\x45' + std::string(19, '\0') + std::string("\0\0\0\0\x12\x34\0\1", 8);
};

TEST_F(EchoReply, OfOursIsKnown) { EXPECT_TRUE(is_echo_reply(packet_, 0x1234)); }

TEST_F(EchoReply, OfAnotherProgramIsNot) { EXPECT_FALSE(is_echo_reply(packet_, 0x1235)); }

TEST_F(EchoReply, IsLookedForBehindTheOptionsOfIp) {
  packet_[0] = '\x46';
  EXPECT_FALSE(is_echo_reply(packet_, 0x1234));
  packet_.insert(20, 4, '\0');
  EXPECT_TRUE(is_echo_reply(packet_, 0x1234));
}

TEST_F(EchoReply, CutShortIsNone) {
  for (std::size_t size = 0; size < packet_.size(); ++size)
    EXPECT_FALSE(is_echo_reply(std::string_view(packet_).substr(0, size), 0x1234)) << size;
}

}  // namespace
}  // namespace bramble
