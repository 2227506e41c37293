// SPDX-License-Identifier: Apache-2.0
#include "provision/firewall_rules.hh"

#include <fmt/format.h>

#include <vector>

#include "base/fingerprint.hh"
#include "base/text.hh"
#include "cluster/addresses.hh"

namespace bramble::provision {
namespace {

std::string gluster_ports() {  // 24008: the management daemon's RDMA port, kept shut as well
  return fmt::format("{}-{}, {}-{}", kGlusterdPort, kGlusterdPort + 1, kBrickPortFirst,
                     kBrickPortLast);
}

std::string set_of(const std::vector<std::string>& elements) {
  return "{ " + join(elements, ", ") + " }";
}

std::string tunnel_addresses_of_nodes(const Cluster& cluster) {
  std::vector<std::string> all;
  for (const Machine& node : cluster.nodes) all.push_back(tunnel_address(cluster, node.name));
  return set_of(all);
}

std::string lan_sources(const Cluster& cluster, const std::string& lan) {
  std::vector<std::string> all;
  if (!lan.empty()) all.push_back(lan);
  for (const Machine& node : cluster.nodes) all.push_back(node.address);
  return set_of(all);
}

std::vector<std::string> ports_for_visitors(const Cluster& cluster) {
  std::vector<std::string> ports;
  for (const std::string& listen : cluster.balancer_options.listen)
    ports.push_back(listen.substr(listen.rfind(':') + 1));
  return ports;
}

std::string chain(std::string_view name, const std::vector<std::string>& rules) {
  std::string text = fmt::format("  chain {} {{\n", name);
  for (const std::string& rule : rules) text += "    " + rule + "\n";
  return text + "  }\n";
}

// What comes out of the tunnel.
std::vector<std::string> tunnel_rules(const Cluster& cluster, const Machine& machine) {
  std::vector<std::string> rules;
  if (machine.role != Role::kNode)
    rules.push_back(fmt::format("ip saddr {} accept", tunnel_addresses_of_nodes(cluster)));
  if (machine.role != Role::kBalancer && cluster.balancer) {
    const std::string front = tunnel_address(cluster, cluster.balancer->name);
    rules.push_back(fmt::format("ip saddr {} tcp dport {} accept", front, kWebPort));
    rules.push_back(fmt::format("ip saddr {} icmp type echo-request accept", front));
  }
  rules.emplace_back("drop");
  return rules;
}

// What the kernel need not remember. Visitors of the balancer: each would have a place in a table
// for two minutes after he went, and of its places a machine of 1 GiB has 7,680; where they are
// taken, nobody connects any more, not by ssh either. And what a node is asked by the balancer:
// nf_conntrack_in was 3 % of the CPU of an answer of 10 KB (a profile over loopback). What the
// balancer asks is tracked: its answers would not pass another firewall that lets in what is
// established, such as ufw. To rules of others, what is untracked is neither new nor established.
std::string untracked(const Cluster& cluster, const Machine& machine) {
  std::string in = fmt::format("iifname != \"{}\"", kTunnelInterface);
  std::string out = fmt::format("oifname != \"{}\"", kTunnelInterface);
  std::vector<std::string> ports = ports_for_visitors(cluster);
  if (machine.role == Role::kNode) {
    const std::string front = tunnel_address(cluster, cluster.balancer->name);
    in = fmt::format("iifname \"{}\" ip saddr {}", kTunnelInterface, front);
    out = fmt::format("oifname \"{}\" ip daddr {}", kTunnelInterface, front);
    ports = {std::to_string(kWebPort)};
  }
  return chain("prerouting", {"type filter hook prerouting priority raw; policy accept;",
                              fmt::format("{} tcp dport {} notrack", in, set_of(ports))}) +
         chain("output", {"type filter hook output priority raw; policy accept;",
                          fmt::format("{} tcp sport {} notrack", out, set_of(ports))});
}

// What comes from anywhere else.
std::vector<std::string> outside_rules(const Cluster& cluster, const Machine& machine,
                                       const std::string& lan) {
  switch (machine.role) {
    case Role::kNode:
      return {fmt::format("tcp dport {{ {} }} ip saddr != {} drop", gluster_ports(),
                          lan_sources(cluster, lan)),
              fmt::format("tcp dport {{ {} }} meta nfproto ipv6 drop", gluster_ports())};
    case Role::kOffsite:
      return {fmt::format("tcp dport {{ {}, {} }} drop", kWebPort, gluster_ports())};
    case Role::kBalancer:  // a machine that stored files before may still run bricks
      return {fmt::format("tcp dport {} accept", set_of(ports_for_visitors(cluster))),
              fmt::format("tcp dport {{ {}, {} }} drop", kAdminPort, gluster_ports())};
  }
  return {};
}

}  // namespace

std::string firewall_mark(const std::string& rules) {
  constexpr std::string_view kMark = "chain text_";
  const std::size_t at = rules.find(kMark);
  return at == std::string::npos ? "" : rules.substr(at + 6, rules.find(' ', at + 6) - at - 6);
}

bool has_untracked(const Cluster& cluster, const Machine& machine) {
  return cluster.balancer && machine.role != Role::kOffsite;
}

std::string firewall_rules(const Cluster& cluster, const Machine& machine,
                           const Surroundings& around) {
  std::vector<std::string> input = {"type filter hook input priority filter - 5; policy accept;",
                                    "ct state established,related accept", "iif lo accept",
                                    fmt::format("iifname \"{}\" goto tunnel", kTunnelInterface)};
  if (!around.ssh_ports.empty())
    input.push_back(fmt::format("tcp dport {{ {} }} accept", fmt::join(around.ssh_ports, ", ")));
  for (std::string& rule : outside_rules(cluster, machine, around.lan))
    input.push_back(std::move(rule));
  const bool untrack = has_untracked(cluster, machine) && !around.needs_tracking;
  const std::string chains =
      chain("tunnel", tunnel_rules(cluster, machine)) + chain("input", input) +
      chain("forward", {"type filter hook forward priority filter - 5; policy accept;",
                        fmt::format("iifname \"{}\" drop", kTunnelInterface),
                        fmt::format("oifname \"{}\" drop", kTunnelInterface)}) +
      (untrack ? untracked(cluster, machine) : "");
  return fmt::format(
      "# Written by `bramble up`; changes are lost.\n"
      "table inet {0}\n"
      "delete table inet {0}\n"
      "table inet {0} {{\n"
      "  chain text_{1:016x} {{\n  }}\n"
      "{2}}}\n",
      kFirewallTable, fingerprint(chains), chains);
}

}  // namespace bramble::provision
