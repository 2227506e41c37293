// SPDX-License-Identifier: Apache-2.0
#include "cluster/addresses.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

Cluster three_nodes() {
  return {.name = "berry",
          .nodes = {{"a", "10.0.0.1"}, {"b", "10.0.0.2"}, {"c", "10.0.0.3"}},
          .offsite = Machine{"away", "198.51.100.7", Role::kOffsite},
          .balancer = Machine{"front", "198.51.100.9", Role::kBalancer}};
}

TEST(Addresses, EveryMachineHasItsOwnPlaceInTheTunnel) {
  const Cluster cluster = three_nodes();
  EXPECT_EQ(tunnel_address(cluster, "front"), "10.77.0.1");
  EXPECT_EQ(tunnel_address(cluster, "away"), "10.77.0.2");
  EXPECT_EQ(tunnel_address(cluster, "a"), "10.77.0.11");
  EXPECT_EQ(tunnel_address(cluster, "c"), "10.77.0.13");
  EXPECT_EQ(tunnel_address(cluster, "nobody"), "");
}

TEST(Addresses, NodesAloneNeedNoTunnel) {
  Cluster cluster = three_nodes();
  EXPECT_TRUE(has_tunnel(cluster));
  cluster.offsite.reset();
  EXPECT_TRUE(has_tunnel(cluster));
  cluster.balancer.reset();
  EXPECT_FALSE(has_tunnel(cluster));
}

TEST(Addresses, ABrickLiesInAFolderOfItsOwnOnItsMount) {
  EXPECT_EQ(brick_folder({.name = "web"}), "/srv/brick/web");
  EXPECT_EQ(brick_folder({.name = "web", .brick = {Brick::Kind::kFolder, "/data/b"}}),
            "/data/b/web");
  EXPECT_EQ(volume_mount({.name = "files"}), "/srv/files");
}

TEST(Addresses, TheOffsiteBrickMayLieElsewhere) {
  Cluster cluster = three_nodes();
  cluster.volume.brick = {Brick::Kind::kDevice, "/dev/sda1"};
  EXPECT_EQ(volume_on(cluster, *cluster.offsite).brick.path, "/dev/sda1");
  cluster.offsite_brick = Brick{Brick::Kind::kFolder, "/srv/copy"};
  EXPECT_EQ(brick_folder(volume_on(cluster, *cluster.offsite)), "/srv/copy/web");
  EXPECT_EQ(brick_folder(volume_on(cluster, cluster.nodes[0])), "/srv/brick/web");
}

TEST(Addresses, GeoReplicationHasATargetWhereThereIsAnOffsiteMachine) {
  Cluster cluster = three_nodes();
  EXPECT_EQ(geo_target(cluster), "geoaccount@away::web-offsite");
  cluster.offsite.reset();
  EXPECT_EQ(geo_target(cluster), "");
}

TEST(Addresses, MachinesComeInTheFilesOrder) {
  std::string all;
  for (const Machine& machine : three_nodes().machines()) all += machine.name + " ";
  EXPECT_EQ(all, "a b c away front ");
  EXPECT_EQ(three_nodes().find("away")->address, "198.51.100.7");
  EXPECT_EQ(three_nodes().find("nobody"), nullptr);
}

}  // namespace
}  // namespace bramble
