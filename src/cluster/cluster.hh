// SPDX-License-Identifier: Apache-2.0
// bramble.toml as values: what a cluster shall be. Immutable once loaded; shared freely.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/site.hh"

namespace bramble {

enum class Role : std::uint8_t {
  kNode,      // in the LAN: brick and web server
  kOffsite,   // elsewhere: a copy by geo-replication, and a web server on it
  kBalancer,  // on the Internet: spreads the load
};

std::string_view word(Role role);  // "node", "offsite", "balancer"

// A machine of the cluster, whatever its role.
struct Machine {
  std::string name;     // its host name, and what ssh is called with; RFC 1123 label
  std::string address;  // IPv4 literal: a node's in its LAN, else its public one
  Role role = Role::kNode;
  unsigned weight = 1;           // a node's share of requests, beside the others'
  unsigned max_connections = 0;  // requests under way at it at once; 0: any number
};

struct SshOptions {
  std::string user = "root";
  std::string config;  // path of an ssh_config(5); "": the user's own. Relative paths: to the file
};

// Where a brick lies.
struct Brick {
  enum class Kind : std::uint8_t {
    kFreeSpace,  // a new partition behind the last one of the system's disk
    kDevice,     // a whole block device without any signature
    kFolder,     // an empty folder, on whatever filesystem it is
  };
  Kind kind = Kind::kFreeSpace;
  std::string path;  // the device's or the folder's; "" for kFreeSpace
};

struct VolumeOptions {
  std::string name = "web";
  Brick brick;
};

struct BalancerOptions {
  std::vector<std::string> listen = {"0.0.0.0:80"};
  std::string policy;                             // "": the default one
  std::string hash_by;                            // "path" or "header:NAME", of policy "hash"
  std::string sticky;                             // the cookie's name; "": visitors need not stay
  bool resume = true;                             // what a node breaks off goes on at another
  bool stripe = true;                             // large bodies from several nodes at once
  std::vector<std::string> trust_forwarded_from;  // proxies in front: addresses, prefixes
};

struct Cluster {
  std::string name;
  std::string timezone = "Etc/UTC";
  SshOptions ssh;
  std::vector<Machine> nodes;  // three or more, in the file's order
  std::optional<Machine> offsite;
  std::optional<Machine> balancer;
  BalancerOptions balancer_options;
  VolumeOptions volume;
  std::optional<Brick> offsite_brick;  // where it lies off-site; nothing: as on nodes
  std::vector<SiteOptions> sites;

  std::vector<Machine> machines() const;               // nodes, offsite, balancer: in this order
  const Machine* find(const std::string& name) const;  // nullptr: no such machine
};

}  // namespace bramble
