// SPDX-License-Identifier: Apache-2.0
#include "provision/client_mount.hh"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/hosts_block.hh"

namespace bramble::provision {
namespace {

std::string source(const Cluster& cluster) {
  return fmt::format("{}:/{}", cluster.nodes.front().name, cluster.volume.name);
}

// Without direct-io-mode the kernel goes on giving the pages of before another machine overwrote a
// file (seen with Linux 6.18). fopen-keep-cache=off would be gentler, but mount.glusterfs 10.3
// hands it on with two equals signs.
std::string options(const Cluster& cluster) {
  std::vector<std::string> others;
  for (std::size_t i = 1; i < cluster.nodes.size(); ++i) others.push_back(cluster.nodes[i].name);
  return "direct-io-mode=enable,backup-volfile-servers=" + join(others, ":");
}

}  // namespace

std::string client_mount_text(const Cluster& cluster) {
  const std::string folder = volume_mount(cluster.volume);
  return fmt::format(
      "{0}"
      "# To mount the volume, with the package glusterfs-client and the names above in "
      "/etc/hosts:\n"
      "#   mkdir -p {1}\n"
      "#   mount -t glusterfs -o {2} {3} {1}\n"
      "# At boot, in /etc/fstab:\n"
      "#   {3} {1} glusterfs defaults,_netdev,nofail,{2} 0 0\n",
      hosts_block_for_clients(cluster), folder, options(cluster), source(cluster));
}

std::string client_mount_json(const Cluster& cluster) {
  const nlohmann::ordered_json document = {{"hosts", hosts_block_for_clients(cluster)},
                                           {"source", source(cluster)},
                                           {"folder", volume_mount(cluster.volume)},
                                           {"options", options(cluster)}};
  return document.dump(2) + "\n";
}

}  // namespace bramble::provision
