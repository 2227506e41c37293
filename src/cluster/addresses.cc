// SPDX-License-Identifier: Apache-2.0
#include "cluster/addresses.hh"

#include <fmt/format.h>

namespace bramble {
namespace {

constexpr std::string_view kTunnelPrefix = "10.77.0.";
constexpr std::size_t kFirstNode = 11;

}  // namespace

std::string tunnel_address(const Cluster& cluster, const std::string& machine) {
  if (cluster.balancer && cluster.balancer->name == machine)
    return fmt::format("{}1", kTunnelPrefix);
  if (cluster.offsite && cluster.offsite->name == machine) return fmt::format("{}2", kTunnelPrefix);
  for (std::size_t i = 0; i < cluster.nodes.size(); ++i)
    if (cluster.nodes[i].name == machine) return fmt::format("{}{}", kTunnelPrefix, kFirstNode + i);
  return "";
}

bool has_tunnel(const Cluster& cluster) {
  return cluster.offsite.has_value() || cluster.balancer.has_value();
}

VolumeOptions volume_on(const Cluster& cluster, const Machine& machine) {
  VolumeOptions volume = cluster.volume;
  if (machine.role == Role::kOffsite && cluster.offsite_brick)
    volume.brick = *cluster.offsite_brick;
  return volume;
}

std::string brick_mount(const VolumeOptions& volume) {
  return volume.brick.kind == Brick::Kind::kFolder ? volume.brick.path : "/srv/brick";
}

std::string brick_folder(const VolumeOptions& volume) {
  return brick_mount(volume) + "/" + volume.name;
}

std::string volume_mount(const VolumeOptions& volume) { return "/srv/" + volume.name; }

std::string offsite_volume(const VolumeOptions& volume) { return volume.name + "-offsite"; }

std::string geo_target(const Cluster& cluster) {
  if (!cluster.offsite) return "";
  return fmt::format("{}@{}::{}", kGeoUser, cluster.offsite->name, offsite_volume(cluster.volume));
}

}  // namespace bramble
