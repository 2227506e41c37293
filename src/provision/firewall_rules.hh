// SPDX-License-Identifier: Apache-2.0
// The cluster's own table of nftables rules, "inet bramble"; rules of others stay as they are. What
// it lets through, by where a connection comes from (what answers one passes everywhere):
//
//     to ↓  from →   tunnel: front   tunnel: nodes   tunnel: off-site   elsewhere
//     node           web server      –               nothing            all, GlusterFS from its
//                                                                       LAN and the nodes only
//     off-site       web server      all             –                  all but GlusterFS and web
//     front          –               all             nothing            all but GlusterFS and the
//                                                                       balancer's admin
//
// Where the machine's sshd listens, and where `bramble up` came in, is open from elsewhere,
// whatever the table says: GlusterFS's ports are a range in which an sshd may well be. Rules of
// others for that port hold still: an accept ends the chains of this table alone.
//
// Only what opens a connection is judged, by its first segment: the kernel need not remember any
// connection for that. Where it does (conntrack), each has a place in a table for two minutes after
// its end, of which a machine of 1 GiB has 7,680; where visitors have taken them, nobody connects
// any more, not by ssh either; and nf_conntrack_in is 3 % of the CPU of an answer of 10 KB.
//
// Nothing is forwarded into the tunnel or out of it: whoever breaks into the off-site machine or
// the balancer does not reach a LAN. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/cluster.hh"

namespace bramble::provision {

inline constexpr const char* kFirewallTable = "bramble";

// What the rules depend on, beside the cluster's file.
struct Surroundings {
  std::string lan;  // the node's own network ("192.168.2.0/24"), whose client computers mount the
                    // volume; "" where it is not known
  std::vector<std::uint64_t> ssh_ports;  // by which it takes ssh; empty where they are not known
};

// For nft -f; replaces the table at once. The text's mark is the name of an empty chain, by which a
// loaded table tells which text it was made of.
std::string firewall_rules(const Cluster& cluster, const Machine& machine,
                           const Surroundings& around);
std::string firewall_mark(const std::string& rules);

}  // namespace bramble::provision
