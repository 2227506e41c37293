// SPDX-License-Identifier: Apache-2.0
#include "lab/topology.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/fingerprint.hh"

namespace bramble::lab {
namespace {

std::string address_in(Network network, int last) {
  return (network == Network::kLan ? "10.89.0." : "198.18.0.") + std::to_string(last);
}

}  // namespace

const std::vector<LabHost>& hosts() {
  static const std::vector<LabHost> all = {
      {"cluster01", Network::kLan, address_in(Network::kLan, 11)},
      {"cluster02", Network::kLan, address_in(Network::kLan, 12)},
      {"cluster03", Network::kLan, address_in(Network::kLan, 13)},
      {"client", Network::kLan, address_in(Network::kLan, 50)},
      {"cluster04", Network::kInternet, address_in(Network::kInternet, 4)},
      {kBalancerHost, Network::kInternet, address_in(Network::kInternet, 10)},
  };
  return all;
}

const LabHost* find_host(const std::string& name) {
  const auto found = std::find_if(hosts().begin(), hosts().end(),
                                  [&](const LabHost& host) { return host.name == name; });
  return found == hosts().end() ? nullptr : &*found;
}

const char* bridge(Network network) { return network == Network::kLan ? "lan" : "internet"; }

std::string router_address(Network network) { return address_in(network, 1); }

std::string operator_address(Network network) { return address_in(network, 200); }

std::string mac_address(const std::string& port) {
  const std::uint64_t hash = fingerprint(port);
  return fmt::format("02:42:{:02x}:{:02x}:{:02x}:{:02x}", hash >> 24 & 0xff, hash >> 16 & 0xff,
                     hash >> 8 & 0xff, hash & 0xff);  // 02: administered locally
}

}  // namespace bramble::lab
