// SPDX-License-Identifier: Apache-2.0
#include "cluster/to_toml.hh"

#include <gtest/gtest.h>

#include "cluster/load.hh"

namespace bramble {
namespace {

Cluster sample() {
  return {.name = "berry",
          .timezone = "Europe/Berlin",
          .nodes = {{"a", "10.0.0.1"}, {"b", "10.0.0.2", Role::kNode, 3, 50}, {"c", "10.0.0.3"}},
          .offsite = Machine{"away", "198.51.100.7", Role::kOffsite},
          .balancer = Machine{"front", "198.51.100.9", Role::kBalancer},
          .balancer_options = {.listen = {"0.0.0.0:80", "0.0.0.0:81"},
                               .policy = "hash",
                               .hash_by = "header:X-User",
                               .sticky = "stay",
                               .resume = false,
                               .stripe = false,
                               .trust_forwarded_from = {"10.0.0.0/8", "192.0.2.1"}},
          .volume = {.name = "files", .brick = {Brick::Kind::kDevice, "/dev/sda1"}},
          .offsite_brick = Brick{Brick::Kind::kFolder, "/srv/copy"},
          .sites = {{"example.org", "/a \"quoted\" \\ one"}, {"*", "/"}}};
}

TEST(ToToml, ReadBackItIsTheSame) {
  const Cluster cluster = sample();
  const std::string text = to_toml(cluster);
  const ParsedCluster parsed = parse_cluster(text);
  ASSERT_TRUE(parsed.faults.empty()) << parsed.faults[0].what << "\n" << text;
  EXPECT_EQ(to_toml(parsed.cluster), text);
  EXPECT_EQ(parsed.cluster.nodes[2].address, "10.0.0.3");
  EXPECT_EQ(parsed.cluster.offsite->name, "away");
  EXPECT_EQ(parsed.cluster.balancer_options.listen, cluster.balancer_options.listen);
  EXPECT_EQ(parsed.cluster.balancer_options.policy, "hash");
  EXPECT_EQ(parsed.cluster.balancer_options.hash_by, "header:X-User");
  EXPECT_EQ(parsed.cluster.balancer_options.sticky, "stay");
  EXPECT_FALSE(parsed.cluster.balancer_options.resume);
  EXPECT_FALSE(parsed.cluster.balancer_options.stripe);
  EXPECT_EQ(parsed.cluster.balancer_options.trust_forwarded_from,
            cluster.balancer_options.trust_forwarded_from);
  EXPECT_EQ(parsed.cluster.nodes[1].weight, 3U);
  EXPECT_EQ(parsed.cluster.nodes[1].max_connections, 50U);
  EXPECT_EQ(parsed.cluster.nodes[2].weight, 1U);
  EXPECT_EQ(parsed.cluster.volume.brick.path, "/dev/sda1");
  EXPECT_EQ(parsed.cluster.offsite_brick->path, "/srv/copy");
  EXPECT_EQ(parsed.cluster.sites[0].root, cluster.sites[0].root);
}

TEST(ToToml, LeavesAwayWhatIsNotThere) {
  Cluster cluster = sample();
  cluster.offsite.reset();
  cluster.balancer.reset();
  cluster.offsite_brick.reset();
  cluster.volume.brick = {Brick::Kind::kFreeSpace, ""};
  const ParsedCluster parsed = parse_cluster(to_toml(cluster));
  ASSERT_TRUE(parsed.faults.empty()) << parsed.faults[0].what;
  EXPECT_FALSE(parsed.cluster.offsite.has_value());
  EXPECT_FALSE(parsed.cluster.balancer.has_value());
}

}  // namespace
}  // namespace bramble
