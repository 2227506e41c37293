// SPDX-License-Identifier: Apache-2.0
#include "provision/units.hh"

#include <gtest/gtest.h>

namespace bramble::provision {
namespace {

const Cluster kSmallCluster{.name = "berry",
                            .nodes = {{"one", "192.168.2.5"}},
                            .offsite = Machine{"away", "198.51.100.7", Role::kOffsite},
                            .balancer = Machine{"front", "198.51.100.9", Role::kBalancer},
                            .sites = {{}}};

std::string command_of(const Unit& unit) {
  const std::size_t at = unit.text.find("ExecStart=") + 10;
  return unit.text.substr(at, unit.text.find('\n', at) - at);
}

TEST(Units, ANodeServesTheVolumeAndTheOffsiteMachineItsCopy) {
  EXPECT_EQ(command_of(units_for(kSmallCluster, kSmallCluster.nodes[0])[0]),
            "/usr/bin/bramble serve --volume localhost:web -f %d/sites.toml --name one --listen "
            "0.0.0.0:80 --admin 127.0.0.1:8405");
  EXPECT_EQ(command_of(units_for(kSmallCluster, *kSmallCluster.offsite)[0]),
            "/usr/bin/bramble serve --volume localhost:web-offsite -f %d/sites.toml --name away "
            "--listen 0.0.0.0:80 --admin 127.0.0.1:8405");
}

TEST(Units, TheBalancersAdminIsNotOnTheInternet) {
  EXPECT_EQ(command_of(units_for(kSmallCluster, *kSmallCluster.balancer)[0]),
            "/usr/bin/bramble balance -f /etc/bramble/bramble.toml --admin 127.0.0.1:8404 --admin "
            "10.77.0.1:8404");
}

TEST(Units, WhatListensIsNotRoot) {
  for (const Machine& machine : kSmallCluster.machines())
    for (const Unit& unit : units_for(kSmallCluster, machine))
      EXPECT_EQ(unit.text.find("DynamicUser=yes") != std::string::npos,
                unit.name != "bramble-vitals")
          << unit.text;
}

TEST(Units, ChangeWithWhatTheyRead) {
  Cluster weighted = kSmallCluster;
  weighted.nodes[0].weight = 2;
  Cluster two_sites = kSmallCluster;
  two_sites.sites = {{"a.org", "/a"}, {"b.org", "/b"}};
  const auto differs = [](const Cluster& from, const Machine& machine, std::size_t unit) {
    return units_for(from, machine)[unit].text != units_for(kSmallCluster, machine)[unit].text;
  };
  EXPECT_TRUE(differs(weighted, *kSmallCluster.balancer, 0));
  EXPECT_TRUE(differs(weighted, kSmallCluster.nodes[0], 1));
  EXPECT_FALSE(differs(weighted, kSmallCluster.nodes[0], 0))
      << "a web server reads its sites alone";
  EXPECT_TRUE(differs(two_sites, kSmallCluster.nodes[0], 0));
  EXPECT_TRUE(differs(two_sites, *kSmallCluster.offsite, 0));
  EXPECT_FALSE(differs(two_sites, *kSmallCluster.balancer, 0));
}

TEST(Units, TellTheirProcessWhatItReads) {
  for (const Machine& machine : kSmallCluster.machines())
    for (const Unit& unit : units_for(kSmallCluster, machine))
      EXPECT_NE(unit.text.find("\nEnvironment=BRAMBLE_READ=" + unit.read + "\nExecStart="),
                std::string::npos)
          << unit.text;
}

TEST(Units, HashesOfPasswordsAreRootsAndTheWebServers) {
  Cluster cluster = kSmallCluster;
  cluster.sites[0].auth = {
      {"**", "a", {{"alice", "$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"}}}};
  EXPECT_EQ(cluster_file(cluster).find("$2y$"), std::string::npos);
  EXPECT_NE(sites_file(cluster).find("$2y$"), std::string::npos);
  EXPECT_NE(units_for(cluster, cluster.nodes[0])[0].text.find(
                "LoadCredential=sites.toml:/etc/bramble/sites.toml\n"),
            std::string::npos);
  for (const Unit& unit : units_for(cluster, *cluster.balancer))
    EXPECT_EQ(unit.text.find("sites.toml"), std::string::npos);
}

}  // namespace
}  // namespace bramble::provision
