// SPDX-License-Identifier: Apache-2.0
#include "node/silent_peers.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bramble {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// To a brick of the machine.
PeerConnection brick(std::uint32_t peer, bool retransmits, int silence) {
  return {.peer = peer,
          .local_port = 49135,
          .peer_port = 51626,
          .retransmits = retransmits,
          .silence = milliseconds(silence)};
}

TEST(SilentPeers, AMachineThatAnswersNothingIsSilent) {
  EXPECT_THAT(silent_peers({brick(1, true, 500), brick(1, false, 40'000), brick(2, false, 10)}),
              ElementsAre(1));
}

TEST(SilentPeers, ForLessThanHalfASecondItIsNot) {
  EXPECT_THAT(silent_peers({brick(1, true, 499)}), IsEmpty());
}

TEST(SilentPeers, ItIsNotWhereAnyConnectionHearsOfIt) {
  EXPECT_THAT(silent_peers({brick(1, true, 700), brick(1, false, 30)}), IsEmpty());
}

TEST(SilentPeers, WhereNothingIsAskedThereIsNoSilence) {
  EXPECT_THAT(silent_peers({brick(1, false, 60'000)}), IsEmpty());
}

TEST(SilentPeers, AVisitorThatIsGoneIsNoSilence) {
  PeerConnection visitor = brick(1, true, 60'000);
  visitor.local_port = 80;
  EXPECT_THAT(silent_peers({visitor}), IsEmpty());
}

TEST(SilentPeers, OnlyGlustersConnectionsAreCut) {
  EXPECT_TRUE(is_glusters({.local_port = 49135, .peer_port = 51626}));
  EXPECT_TRUE(is_glusters({.local_port = 49151, .peer_port = 24007}));
  EXPECT_FALSE(is_glusters({.local_port = 22, .peer_port = 51626})) << "a shell from there";
  EXPECT_FALSE(is_glusters({.local_port = 50000, .peer_port = 22})) << "a shell to there";
  EXPECT_FALSE(is_glusters({.local_port = 80, .peer_port = 51626}));
}

TEST(SilentPeers, TheKernelIsAsked) {
  EXPECT_TRUE(SilentPeers::watch({"192.0.2.1"}).ok());
  EXPECT_FALSE(SilentPeers::watch({"cluster01"}).ok());
}

}  // namespace
}  // namespace bramble
