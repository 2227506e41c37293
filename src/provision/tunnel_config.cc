// SPDX-License-Identifier: Apache-2.0
#include "provision/tunnel_config.hh"

#include <fmt/format.h>

#include "cluster/addresses.hh"

namespace bramble::provision {
namespace {

constexpr int kKeepaliveSeconds = 10;  // NAT tables forget UDP after 30 s and more

std::string peer_section(const Cluster& cluster, const Machine& machine, const Machine& peer,
                         const std::string& key) {
  std::string text = fmt::format("\n# {}\n[Peer]\nPublicKey = {}\nAllowedIPs = {}/32\n", peer.name,
                                 key, tunnel_address(cluster, peer.name));
  if (peer.role != Role::kNode)
    text += fmt::format("Endpoint = {}:{}\n", peer.address, kTunnelPort);
  if (machine.role == Role::kNode)
    text += fmt::format("PersistentKeepalive = {}\n", kKeepaliveSeconds);
  return text;
}

}  // namespace

std::vector<Machine> tunnel_peers(const Cluster& cluster, const Machine& machine) {
  std::vector<Machine> peers;
  for (const Machine& other : cluster.machines())
    if (other.name != machine.name && (other.role != Role::kNode || machine.role != Role::kNode))
      peers.push_back(other);
  return peers;
}

std::string tunnel_config(const Cluster& cluster, const Machine& machine,
                          const std::map<std::string, std::string>& keys) {
  std::string text = fmt::format(
      "# Written by `bramble up`; changes are lost.\n"
      "[Interface]\n"
      "Address = {}/32\n"
      "PostUp = wg set %i private-key {}\n"
      "PostUp = cp {} {}\n",
      tunnel_address(cluster, machine.name), kTunnelKey, kTunnelConfig, kTunnelLoaded);
  if (machine.role != Role::kNode) text += fmt::format("ListenPort = {}\n", kTunnelPort);
  for (const Machine& peer : tunnel_peers(cluster, machine))
    text += peer_section(cluster, machine, peer, keys.at(peer.name));
  return text;
}

}  // namespace bramble::provision
