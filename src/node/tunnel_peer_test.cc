// SPDX-License-Identifier: Apache-2.0
#include "node/tunnel_peer.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/text.hh"

namespace bramble {
namespace {

using ::testing::ElementsAre;

class TunnelPeerTest : public ::testing::Test {
 protected:
  Result<std::string> wg(const TunnelPeer::Arguments& arguments) {
    if (arguments[0] == "set") {
      sets_.push_back(join(arguments, " "));
      return fails_ ? Result<std::string>(failure("fork: Cannot allocate memory")) : std::string();
    }
    if (!up_) return failure("Unable to access interface: No such device");
    return shown_[arguments[2]];
  }

  bool up_ = true;
  bool fails_ = false;
  std::map<std::string, std::string> shown_ = {
      {"allowed-ips", "other=\t10.98.0.3/32\nkey=\t10.98.0.2/32\n"},
      {"persistent-keepalive", "other=\toff\nkey=\t25\n"}};
  std::vector<std::string> sets_;
  TunnelPeer peer_{"10.98.0.2", "192.0.2.7:51820",
                   [this](const TunnelPeer::Arguments& arguments) { return wg(arguments); }};

  static constexpr const char* kDialled =
      "set bramble peer key= remove peer key= endpoint 192.0.2.7:51820 "
      "allowed-ips 10.98.0.2/32 persistent-keepalive 25";
};

TEST_F(TunnelPeerTest, IsTakenOutAndPutBackByOneCommand) {
  EXPECT_TRUE(peer_.dial().ok());
  EXPECT_THAT(sets_, ElementsAre(kDialled));
}

TEST_F(TunnelPeerTest, ThatIsLostByACommandThatFailedIsPutBackAsItWas) {
  fails_ = true;
  EXPECT_FALSE(peer_.dial().ok());
  fails_ = false;
  shown_ = {{"allowed-ips", "other=\t10.98.0.3/32\n"}, {"persistent-keepalive", "other=\toff\n"}};
  EXPECT_TRUE(peer_.dial().ok());
  EXPECT_THAT(sets_, ElementsAre(kDialled, kDialled));
  EXPECT_TRUE(peer_.dial().ok());
  EXPECT_EQ(sets_.size(), 2U) << "somebody has taken it out";
}

TEST_F(TunnelPeerTest, ThatSomebodyHasTakenOutStaysOut) {
  EXPECT_TRUE(peer_.dial().ok());
  shown_ = {{"allowed-ips", "other=\t10.98.0.3/32\n"}, {"persistent-keepalive", "other=\toff\n"}};
  EXPECT_TRUE(peer_.dial().ok());
  EXPECT_THAT(sets_, ElementsAre(kDialled));
}

TEST_F(TunnelPeerTest, HasAnotherKeyOnceItIsSeenWithIt) {
  EXPECT_TRUE(peer_.dial().ok());
  shown_ = {{"allowed-ips", "new=\t10.98.0.2/32\n"}, {"persistent-keepalive", "new=\t25\n"}};
  EXPECT_TRUE(peer_.dial().ok());
  EXPECT_THAT(sets_.back(), testing::HasSubstr("peer new= remove peer new= endpoint"));
}

TEST_F(TunnelPeerTest, IsLeftAloneWhereThereIsNoTunnelOrItWasNeverInIt) {
  up_ = false;
  EXPECT_TRUE(peer_.dial().ok());
  up_ = true;
  shown_.clear();
  EXPECT_TRUE(peer_.dial().ok());
  EXPECT_THAT(sets_, ElementsAre());
}

}  // namespace
}  // namespace bramble
