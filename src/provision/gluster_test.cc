// SPDX-License-Identifier: Apache-2.0
#include "provision/gluster.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

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

// A folder that is marked as a volume's brick; no other filesystem than /tmp's is asked for that.
class MarkedFolder : public testing::Test {
 protected:
  MarkedFolder() {
    EXPECT_NE(::mkdtemp(place_.data()), nullptr);
    fs::create_directories(folder_ = place_ + "/brick");
    fs::create_directories(place_ + "/bin");
    EXPECT_TRUE(write_file(place_ + "/bin/getfattr", "#!/bin/sh\n").ok());
    fs::permissions(place_ + "/bin/getfattr", fs::perms::owner_all);
  }
  ~MarkedFolder() override { fs::remove_all(place_); }

  Outcome make_fresh() const {
    return run({.argv = {"sh", "-euc",
                         fmt::format("PATH={}/bin:$PATH\nfolder={}\n{}", place_, folder_,
                                     kFreshBrickFolder)}})
        .value();
  }
  std::string place_ = "/tmp/bramble-brick-XXXXXX";
  std::string folder_;
};

TEST_F(MarkedFolder, IsMadeAnewWhereACreateWasInterrupted) {
  fs::create_directory(folder_ + "/.glusterfs");
  const Outcome made = make_fresh();
  EXPECT_TRUE(made.ok()) << made.err;
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(MarkedFolder, IsLeftAloneWhereItHoldsAFile) {
  fs::create_directory(folder_ + "/.glusterfs");
  EXPECT_TRUE(write_file(folder_ + "/photo", "seen").ok());
  const Outcome refused = make_fresh();
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err,
            folder_ +
                " belongs to a volume that GlusterFS here does not know, and holds files "
                "(.glusterfs photo): move that folder away to begin anew\n");
  EXPECT_TRUE(fs::exists(folder_ + "/photo"));
  EXPECT_TRUE(fs::exists(folder_ + "/.glusterfs"));
}

TEST_F(MarkedFolder, IsLeftAloneWhereGlusterHasAnythingInIt) {
  fs::create_directories(folder_ + "/.glusterfs/00");
  EXPECT_THAT(make_fresh().err, HasSubstr("holds files (.glusterfs)"));
  EXPECT_TRUE(fs::exists(folder_ + "/.glusterfs/00"));
}

}  // namespace
}  // namespace bramble::provision
