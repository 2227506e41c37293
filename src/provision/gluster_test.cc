// SPDX-License-Identifier: Apache-2.0
#include "provision/gluster.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kInfo = R"( 
Volume Name: web
Type: Replicate
Volume ID: 6e2bb4a5-6d8e-4c2b-8f46-d9d9f6b0cf6b
Status: Started
Snapshot Count: 0
Number of Bricks: 1 x 3 = 3
Transport-type: tcp
Bricks:
Brick1: cluster01:/srv/brick/web
Brick2: cluster02:/srv/brick/web
Brick3: cluster03:/srv/brick/web
Options Reconfigured:
cluster.granular-entry-heal: on
network.ping-timeout: 10
)";

TEST(VolumeInfo, IsReadFromWhatGlusterPrints) {
  const VolumeInfo info = parse_volume_info(kInfo);
  EXPECT_EQ(info.name, "web");
  EXPECT_EQ(info.id, "6e2bb4a5-6d8e-4c2b-8f46-d9d9f6b0cf6b");
  EXPECT_TRUE(info.started);
  EXPECT_THAT(info.bricks, ElementsAre("cluster01:/srv/brick/web", "cluster02:/srv/brick/web",
                                       "cluster03:/srv/brick/web"));
  EXPECT_EQ(info.options.at("network.ping-timeout"), "10");
  EXPECT_EQ(info.options.size(), 2U);
}

TEST(VolumeInfo, IsEmptyWhereThereIsNoVolume) {
  EXPECT_EQ(parse_volume_info("Volume web does not exist\n").name, "");
}

TEST(PoolList, TellsWhoIsConnected) {
  const std::vector<Peer> peers = parse_pool_list(
      "UUID\t\t\t\t\tHostname \tState\n"
      "0e3f0d2a-30bb-4f0b-b1ff-1b6a92d2b2b1\tcluster02\tConnected \n"
      "2a2c5a7c-9d33-4a43-8d3e-7d54d0c1f7f5\tcluster03\tDisconnected \n"
      "8b1f9e0e-5b0d-4b0a-a0c5-7c0f1f7e7a11\tlocalhost\tConnected \n");
  ASSERT_EQ(peers.size(), 3U);
  EXPECT_EQ(peers[0].name, "cluster02");
  EXPECT_TRUE(peers[0].connected);
  EXPECT_FALSE(peers[1].connected);
  EXPECT_EQ(peers[2].name, "localhost");
}

TEST(OfflineBricks, AreThoseWithoutAProcess) {
  const std::string_view xml =
      "<volume><node><hostname>cluster01</hostname><path>/srv/brick/web</path><peerid>8b</peerid>"
      "<status>1</status><port>50000</port></node><node><hostname>cluster02</hostname>"
      "<path>/srv/brick/web</path><peerid>0e</peerid><status>0</status></node>"
      "<node><hostname>Self-heal Daemon</hostname><path>localhost</path><peerid>8b</peerid>"
      "<status>0</status></node></volume>";
  EXPECT_THAT(parse_offline_bricks(xml), ElementsAre("cluster02:/srv/brick/web"));
  EXPECT_THAT(parse_offline_bricks(""), IsEmpty());
}

TEST(GlusterdOption, IsReplacedOrAddedAndNothingElseChanges) {
  const std::string volfile =
      "volume management\n    option ping-timeout 0\n#   option lock-timer 180\nend-volume\n";
  EXPECT_EQ(with_glusterd_option(volfile, "ping-timeout", "10"),
            "volume management\n    option ping-timeout 10\n#   option lock-timer 180\n"
            "end-volume\n");
  EXPECT_EQ(with_glusterd_option(volfile, "lock-timer", "9"),
            "volume management\n    option ping-timeout 0\n#   option lock-timer 180\n"
            "    option lock-timer 9\nend-volume\n");
  const std::string once = with_glusterd_option(volfile, "ping-timeout", "10");
  EXPECT_EQ(with_glusterd_option(once, "ping-timeout", "10"), once);
}

}  // namespace
}  // namespace bramble::provision
