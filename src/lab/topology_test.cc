// SPDX-License-Identifier: Apache-2.0
#include "lab/topology.hh"

#include <gtest/gtest.h>

#include <set>

namespace bramble::lab {
namespace {

TEST(Topology, EveryAddressIsGivenOnce) {
  std::set<std::string> addresses;
  std::size_t given = 0;
  for (const Network network : {Network::kLan, Network::kInternet})
    for (const std::string& address : {router_address(network), operator_address(network)}) {
      addresses.insert(address);
      ++given;
    }
  for (const LabHost& host : hosts()) {
    addresses.insert(host.address);
    ++given;
  }
  EXPECT_EQ(addresses.size(), given);
}

TEST(Topology, HostsLieInTheNetworkOfTheirRouter) {
  for (const LabHost& host : hosts()) {
    const std::string router = router_address(host.network);
    const std::string prefix = router.substr(0, router.rfind('.') + 1);
    EXPECT_TRUE(host.address.starts_with(prefix)) << host.name << ' ' << host.address;
  }
}

TEST(Topology, TheOffsiteHostAndTheBalancerAreNotInTheLan) {
  EXPECT_EQ(find_host("cluster04")->network, Network::kInternet);
  EXPECT_EQ(find_host(kBalancerHost)->network, Network::kInternet);
  EXPECT_EQ(find_host("cluster01")->network, Network::kLan);
  EXPECT_EQ(find_host("router"), nullptr) << "the router does not boot";
}

TEST(Topology, HostNamesCanNameInterfaces) {
  constexpr std::size_t kInterfaceNameMax = 15;  // IFNAMSIZ - 1
  for (const LabHost& host : hosts()) EXPECT_LE(host.name.size(), kInterfaceNameMax);
}

TEST(Topology, MacAddressesAreStableLocalAndDistinct) {
  std::set<std::string> addresses;
  for (const LabHost& host : hosts()) {
    const std::string address = mac_address(host.name);
    EXPECT_EQ(address, mac_address(host.name));
    EXPECT_EQ(address.size(), 17U);
    EXPECT_TRUE(address.starts_with("02:"));
    addresses.insert(address);
  }
  EXPECT_EQ(addresses.size(), hosts().size());
}

}  // namespace
}  // namespace bramble::lab
