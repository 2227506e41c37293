// SPDX-License-Identifier: Apache-2.0
// The names of the cluster in /etc/hosts: a marked block, and nothing else of the file.
//
//     # bramble begin
//     192.168.2.5   cluster01
//     10.77.0.1     front
//     # bramble end
//
// Who sees whom where: nodes see each other in their LAN, and the machines outside through the
// tunnel; the machines outside see everything through the tunnel; client computers in the LAN are
// not in the tunnel. A machine's own name is 127.0.1.1 to itself, as Debian has it: a brick calls
// its glusterd by that name as it starts, and gives up for good where that address is not there yet
// (a boot without cable, a tunnel that comes up later). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "cluster/cluster.hh"

namespace bramble::provision {

std::string hosts_block(const Cluster& cluster, const Machine& seen_from);
std::string hosts_block_for_clients(const Cluster& cluster);

struct HostsEdit {
  std::string text;                       // of the whole file
  std::vector<std::string> taken_out_of;  // lines that gave a name of ours
};

// The file with that block in it, at the place of the old one or else at the end. Names of ours
// are taken out of other lines for 127.x (Debian's installer puts a host's own name there), the
// host's own name out of any line: no address but the block's would do for it. An Error where a
// foreign line gives another of our names another address. The path is for its words.
Result<HostsEdit> edit_hosts(std::string_view current, std::string_view block,
                             std::string_view path = "/etc/hosts");

}  // namespace bramble::provision
