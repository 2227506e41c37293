// SPDX-License-Identifier: Apache-2.0
// Where things are in every cluster: what bramble.toml does not say because it is always so.
//
//     tunnel 10.77.0.0/24   .1 balancer   .2 off-site   .11, .12, .13 … nodes in the file's order
//
// A node that is moved within the file gets another tunnel address at the next `bramble up`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cluster/cluster.hh"

namespace bramble {

// WireGuard: nodes dial out to the balancer and to the off-site machine.
inline constexpr std::string_view kTunnelInterface = "bramble";
inline constexpr std::string_view kTunnelNetwork = "10.77.0.0/24";
inline constexpr std::uint16_t kTunnelPort = 51820;  // UDP, on balancer and off-site machine
inline constexpr std::size_t kNodesMax = 200;        // as many as the tunnel has addresses for

inline constexpr std::uint16_t kWebPort = 80;         // of the web server on nodes and off-site
inline constexpr std::uint16_t kAdminPort = 8404;     // of the balancer: loopback and tunnel only
inline constexpr std::uint16_t kWebAdminPort = 8405;  // of the web server: loopback only
inline constexpr std::string_view kHealthPath = "/.bramble/health";  // at kWebPort

// GlusterFS: the management daemon, and the range from which each brick takes one.
inline constexpr std::uint16_t kGlusterdPort = 24007;
inline constexpr std::uint16_t kBrickPortFirst = 49152;
inline constexpr std::uint16_t kBrickPortLast = 60999;

// Paths on the machines.
inline constexpr std::string_view kStateFolder = "/var/lib/bramble";
inline constexpr std::string_view kClusterFileOnMachines = "/etc/bramble/bramble.toml";
inline constexpr std::string_view kSitesFileOnMachines = "/etc/bramble/sites.toml";
inline constexpr std::string_view kProgram = "/usr/bin/bramble";
inline constexpr std::string_view kVitalsFile = "/run/bramble/vitals.json";
inline constexpr std::string_view kServiceUser = "bramble";  // whom the web servers run as

// A mark beside a brick that was made anew: it says "names" until the brick has all names, then
// "content" until nothing is to be healed, as it does where a brick lacked files meanwhile.
inline constexpr std::string_view kBrickToFill = "/var/lib/bramble/brick-to-fill";

// The address inside the tunnel; "" where there is no machine of that name.
std::string tunnel_address(const Cluster& cluster, const std::string& machine);

// Nodes alone need no tunnel.
bool has_tunnel(const Cluster& cluster);

// As they hold on that machine: its brick may lie elsewhere than the others'.
VolumeOptions volume_on(const Cluster& cluster, const Machine& machine);

std::string brick_mount(const VolumeOptions& volume);     // "/srv/brick", or the given folder
std::string brick_folder(const VolumeOptions& volume);    // "/srv/brick/web": on that mount
std::string volume_mount(const VolumeOptions& volume);    // "/srv/web": by FUSE, on nodes
std::string offsite_volume(const VolumeOptions& volume);  // "web-offsite"

// Whom geo-replication comes in as, on the off-site machine; and its session there, as gluster
// writes it: "geoaccount@cluster04::web-offsite". "" where there is no off-site machine.
inline constexpr std::string_view kGeoUser = "geoaccount";
std::string geo_target(const Cluster& cluster);

}  // namespace bramble
