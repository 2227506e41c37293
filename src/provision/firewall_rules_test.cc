// SPDX-License-Identifier: Apache-2.0
#include "provision/firewall_rules.hh"

#include <gtest/gtest.h>

#include "provision/whole_cluster.hh"

namespace bramble::provision {
namespace {

const std::string kAnswersOfPings =
    "    icmp type { echo-reply, destination-unreachable, time-exceeded, parameter-problem } "
    "accept\n";

std::string chain(const std::string& rules, const std::string& name) {
  const std::size_t at = rules.find("  chain " + name + " {");
  return at == std::string::npos ? "" : rules.substr(at, rules.find("  }\n", at) - at);
}

TEST(FirewallRules, NodesLetOnlyVisitsOfTheBalancerOutOfTheTunnel) {
  const std::string rules =
      firewall_rules(kWholeCluster, kWholeCluster.nodes[0], {.lan = "192.168.2.0/24"});
  EXPECT_EQ(chain(rules, "tunnel"), "  chain tunnel {\n" + kAnswersOfPings +
                                        "    ip saddr 10.77.0.1 tcp dport 80 accept\n"
                                        "    ip saddr 10.77.0.1 icmp type echo-request accept\n"
                                        "    drop\n");
  EXPECT_EQ(chain(rules, "input"),
            "  chain input {\n"
            "    type filter hook input priority filter - 5; policy accept;\n"
            "    iif lo accept\n"
            "    tcp flags & (syn | ack) != syn accept\n"
            "    iifname \"bramble\" goto tunnel\n"
            "    tcp dport { 24007-24008, 49152-60999 } ip saddr != { 192.168.2.0/24, 192.168.2.5, "
            "192.168.2.6 } drop\n"
            "    tcp dport { 24007-24008, 49152-60999 } meta nfproto ipv6 drop\n");
}

TEST(FirewallRules, TheOffsiteMachineShowsGlusterAndWebToTheTunnelOnly) {
  const std::string rules = firewall_rules(kWholeCluster, *kWholeCluster.offsite, {});
  EXPECT_EQ(chain(rules, "tunnel"), "  chain tunnel {\n" + kAnswersOfPings +
                                        "    ip saddr { 10.77.0.11, 10.77.0.12 } accept\n"
                                        "    ip saddr 10.77.0.1 tcp dport 80 accept\n"
                                        "    ip saddr 10.77.0.1 icmp type echo-request accept\n"
                                        "    drop\n");
  EXPECT_NE(chain(rules, "input").find("    tcp dport { 80, 24007-24008, 49152-60999 } drop\n"),
            std::string::npos);
}

TEST(FirewallRules, TheBalancerHidesItsAdminAndBricksAndHearsNothingNewFromTheOffsiteMachine) {
  const std::string rules = firewall_rules(kWholeCluster, *kWholeCluster.balancer, {});
  EXPECT_EQ(chain(rules, "tunnel"), "  chain tunnel {\n" + kAnswersOfPings +
                                        "    ip saddr { 10.77.0.11, 10.77.0.12 } accept\n"
                                        "    drop\n");
  EXPECT_NE(chain(rules, "input").find("    tcp dport { 8404, 24007-24008, 49152-60999 } drop\n"),
            std::string::npos);
}

TEST(FirewallRules, VisitorsReachTheBalancerAlsoInTheMidstOfGlustersPorts) {
  Cluster cluster = kWholeCluster;
  cluster.balancer_options.listen = {"0.0.0.0:80", "198.51.100.9:50080"};
  const std::string input = chain(firewall_rules(cluster, *cluster.balancer, {}), "input");
  EXPECT_NE(input.find("goto tunnel\n    tcp dport { 80, 50080 } accept\n    tcp dport { 8404"),
            std::string::npos)
      << "before the drop: " << input;
}

TEST(FirewallRules, TheKernelTracksNoConnectionForThem) {
  for (const Machine& machine : kWholeCluster.machines())
    EXPECT_EQ(firewall_rules(kWholeCluster, machine, {}).find("ct "), std::string::npos);
}

TEST(FirewallRules, NothingIsForwardedIntoTheTunnelOrOutOfIt) {
  for (const Machine& machine : kWholeCluster.machines())
    EXPECT_EQ(chain(firewall_rules(kWholeCluster, machine, {}), "forward"),
              "  chain forward {\n"
              "    type filter hook forward priority filter - 5; policy accept;\n"
              "    iifname \"bramble\" drop\n"
              "    oifname \"bramble\" drop\n");
}

TEST(FirewallRules, WithoutAKnownLanTheNodesStillSeeEachOther) {
  EXPECT_NE(firewall_rules(kWholeCluster, kWholeCluster.nodes[0], {})
                .find("ip saddr != { 192.168.2.5, 192.168.2.6 } drop"),
            std::string::npos);
}

TEST(FirewallRules, SshIsOpenAlsoInTheMidstOfGlustersPorts) {
  for (const Machine& machine : kWholeCluster.machines()) {
    const std::string input =
        chain(firewall_rules(kWholeCluster, machine, {.ssh_ports = {22, 50022}}), "input");
    EXPECT_NE(input.find("goto tunnel\n    tcp dport { 22, 50022 } accept\n    tcp dport"),
              std::string::npos)
        << "before the first drop: " << input;
  }
}

TEST(FirewallRules, TouchNoOtherTable) {
  const std::string rules = firewall_rules(kWholeCluster, kWholeCluster.nodes[0], {});
  EXPECT_EQ(rules.find("flush"), std::string::npos);
  EXPECT_TRUE(
      rules.starts_with("# Written by `bramble up`; changes are lost.\n"
                        "table inet bramble\ndelete table inet bramble\n"
                        "table inet bramble {\n"));
}

TEST(FirewallRules, TheMarkTellsTextsApart) {
  const std::string a =
      firewall_rules(kWholeCluster, kWholeCluster.nodes[0], {.lan = "192.168.2.0/24"});
  const std::string b =
      firewall_rules(kWholeCluster, kWholeCluster.nodes[0], {.lan = "192.168.3.0/24"});
  EXPECT_EQ(firewall_mark(a).size(), 21U) << firewall_mark(a);
  EXPECT_TRUE(firewall_mark(a).starts_with("text_"));
  EXPECT_NE(firewall_mark(a), firewall_mark(b));
  const std::string c = firewall_rules(kWholeCluster, kWholeCluster.nodes[0],
                                       {.lan = "192.168.2.0/24", .ssh_ports = {22}});
  EXPECT_NE(firewall_mark(a), firewall_mark(c));
  EXPECT_EQ(firewall_mark("nothing"), "");
}

}  // namespace
}  // namespace bramble::provision
