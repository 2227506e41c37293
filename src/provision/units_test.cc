// SPDX-License-Identifier: Apache-2.0
#include "provision/units.hh"

#include <gtest/gtest.h>

#include "provision/services.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

const Cluster kCluster{.name = "berry",
                       .nodes = {{"one", "192.168.2.5"}},
                       .offsite = Machine{"away", "198.51.100.7", Role::kOffsite},
                       .balancer = Machine{"front", "198.51.100.9", Role::kBalancer},
                       .sites = {{}}};

std::string command_of(const Unit& unit) {
  const std::size_t at = unit.text.find("ExecStart=") + 10;
  return unit.text.substr(at, unit.text.find('\n', at) - at);
}

TEST(Units, ANodeServesTheVolumeAndTheOffsiteMachineItsCopy) {
  EXPECT_EQ(command_of(units_for(kCluster, kCluster.nodes[0], "")[0]),
            "/usr/bin/bramble serve --volume \"localhost:web\" --name one --listen 0.0.0.0:80");
  EXPECT_EQ(command_of(units_for(kCluster, *kCluster.offsite, "")[0]),
            "/usr/bin/bramble serve --volume \"localhost:web-offsite\" --name away --listen "
            "0.0.0.0:80");
}

TEST(Units, TheBalancersAdminIsNotOnTheInternet) {
  EXPECT_EQ(command_of(units_for(kCluster, *kCluster.balancer, "")[0]),
            "/usr/bin/bramble balance -f /etc/bramble/bramble.toml --admin 127.0.0.1:8404 --admin "
            "10.77.0.1:8404");
}

TEST(Units, ASitesFolderIsQuotedForSystemd) {
  Cluster cluster = kCluster;
  cluster.sites = {{"*", "/my $1 \"100%\""}};
  EXPECT_EQ(command_of(units_for(cluster, cluster.nodes[0], "")[0]),
            "/usr/bin/bramble serve --volume \"localhost:web/my $$1 \\\"100%%\\\"\" --name one "
            "--listen 0.0.0.0:80");
}

TEST(Units, WhatListensIsNotRoot) {
  for (const Machine& machine : kCluster.machines())
    for (const Unit& unit : units_for(kCluster, machine, ""))
      EXPECT_EQ(unit.text.find("DynamicUser=yes") != std::string::npos,
                unit.name != "bramble-vitals")
          << unit.text;
}

TEST(Units, ChangeWithTheDigestOfWhatTheyRead) {
  EXPECT_NE(units_for(kCluster, *kCluster.balancer, "a")[0].text,
            units_for(kCluster, *kCluster.balancer, "b")[0].text);
  EXPECT_NE(units_for(kCluster, kCluster.nodes[0], "a")[1].text,
            units_for(kCluster, kCluster.nodes[0], "b")[1].text);
  EXPECT_EQ(units_for(kCluster, kCluster.nodes[0], "a")[0].text,
            units_for(kCluster, kCluster.nodes[0], "b")[0].text);
}

TEST(ServicesStep, RefusesWhatCannotBeServedYet) {
  Cluster cluster = kCluster;
  cluster.sites = {{"a.org", "/a"}, {"b.org", "/b"}};
  const Site site(cluster, {});
  EXPECT_EQ(services_step()->plan(site, "one").error().what,
            "one: 2 sites: this version serves one, keep a single [[site]]");
}

}  // namespace
}  // namespace bramble::provision
