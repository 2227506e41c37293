// SPDX-License-Identifier: Apache-2.0
// The WireGuard configuration of a machine, as wg-quick(8) reads it. Nodes dial out to the balancer
// and to the off-site machine, which have public addresses and know each other's; nobody dials into
// a LAN. The private key is not in it: it was made on its host, and stays in a file there. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/cluster.hh"

namespace bramble::provision {

inline constexpr const char* kTunnelConfig = "/etc/wireguard/bramble.conf";
// What the interface was last given: a copy of the file, made once it is loaded, gone at a boot.
// (The interface cannot be asked: peers' endpoints there follow whence their packets come.)
inline constexpr const char* kTunnelLoaded = "/run/bramble-tunnel.conf";
inline constexpr const char* kTunnelKey = "/etc/wireguard/bramble.key";

// The machines that this one has a line to.
std::vector<Machine> tunnel_peers(const Cluster& cluster, const Machine& machine);

// `keys`: the public key of each peer.
std::string tunnel_config(const Cluster& cluster, const Machine& machine,
                          const std::map<std::string, std::string>& keys);

}  // namespace bramble::provision
