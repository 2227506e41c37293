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

// What comes out of the tunnel and may be new.
std::vector<std::string> tunnel_rules(const Cluster& cluster, const Machine& machine) {
  std::vector<std::string> rules = {
      "icmp type { echo-reply, destination-unreachable, time-exceeded, "
      "parameter-problem } accept"};
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

std::string firewall_rules(const Cluster& cluster, const Machine& machine,
                           const Surroundings& around) {
  std::vector<std::string> input = {"type filter hook input priority filter - 5; policy accept;",
                                    "iif lo accept", "tcp flags & (syn | ack) != syn accept",
                                    fmt::format("iifname \"{}\" goto tunnel", kTunnelInterface)};
  if (!around.ssh_ports.empty())
    input.push_back(fmt::format("tcp dport {{ {} }} accept", fmt::join(around.ssh_ports, ", ")));
  for (std::string& rule : outside_rules(cluster, machine, around.lan))
    input.push_back(std::move(rule));
  const std::string chains =
      chain("tunnel", tunnel_rules(cluster, machine)) + chain("input", input) +
      chain("forward", {"type filter hook forward priority filter - 5; policy accept;",
                        fmt::format("iifname \"{}\" drop", kTunnelInterface),
                        fmt::format("oifname \"{}\" drop", kTunnelInterface)});
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
