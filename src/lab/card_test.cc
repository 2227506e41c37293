// SPDX-License-Identifier: Apache-2.0
#include "lab/card.hh"

#include <gtest/gtest.h>

#include "lab/disk.hh"

namespace bramble::lab {
namespace {

TEST(Card, HostsOfTheLanHaveTheRouterAsTheirGateway) {
  EXPECT_EQ(network_file(*find_host("cluster01")),
            "[Match]\nName=eth0\n\n[Network]\nAddress=10.89.0.11/24\nGateway=10.89.0.1\n");
}

TEST(Card, HostsOfTheInternetHaveNoWayIntoTheLan) {
  EXPECT_EQ(network_file(*find_host("front")),
            "[Match]\nName=eth0\n\n[Network]\nAddress=198.18.0.10/24\n");
}

TEST(Card, PartitionsThatAGuestAddsAreFoundOnTheMachinesDevices) {
  const std::string links = device_links("/dev/loop12");
  EXPECT_TRUE(links.starts_with("L /dev/loop12p3 - - - - /host-dev/loop12p3\n")) << links;
}

TEST(Disk, PartitionsOfALoopDeviceHaveAP) { EXPECT_EQ(partition("/dev/loop3", 2), "/dev/loop3p2"); }

}  // namespace
}  // namespace bramble::lab
