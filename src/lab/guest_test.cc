// SPDX-License-Identifier: Apache-2.0
#include "lab/guest.hh"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

namespace bramble::lab {
namespace {

TEST(Guest, ItsLeaderIsTheFirstProcessOneNamespaceDown) {
  EXPECT_TRUE(leads_a_guest("Name:\tsystemd\nNSpid:\t4711\t1\nUid:\t0\n"));
  EXPECT_FALSE(leads_a_guest("Name:\tsshd\nNSpid:\t4712\t24\n"));
  EXPECT_FALSE(leads_a_guest("Name:\tinit\nNSpid:\t1\n")) << "the machine's own";
  EXPECT_FALSE(leads_a_guest("Name:\tinit\nNSpid:\t4713\t30\t1\n")) << "a container in the guest";
  EXPECT_FALSE(leads_a_guest(""));
}

TEST(Guest, AServicesProcessesAreToldByTheirGroup) {
  const std::string groups =
      "1:name=systemd:/bramble-lab/lab/cluster01/payload/system.slice/bramble-web.service\n0::/x\n";
  EXPECT_TRUE(belongs_to_service(groups, "bramble-web.service"));
  EXPECT_FALSE(belongs_to_service(groups, "web.service"));
  EXPECT_FALSE(
      belongs_to_service("0::/system.slice/bramble-web.service/sub\n", "bramble-web.service"));
  EXPECT_FALSE(belongs_to_service("", "bramble-web.service"));
}

TEST(Guest, OnlyMountsOfItsOwnDiskAreFoundAndEachDeviceOnce) {
  const std::string mountinfo =
      "1 0 259:1 / / rw - ext4 /dev/loop0p2 rw\n"
      "2 1 254:0 /var/cache/repository /srv/lab-repo ro - ext4 /dev/vda rw\n"
      "3 1 259:7 / /srv/my\\040brick rw - xfs /dev/loop0p3 rw\n"
      "4 1 259:7 /web /home/pi/web rw - xfs /dev/loop0p3 rw\n"
      "5 1 0:44 / /proc rw - proc proc rw\n";
  const std::vector<dev_t> disk = {makedev(7, 0), makedev(259, 1), makedev(259, 7)};
  EXPECT_EQ(mounts_on(mountinfo, disk), (std::vector<std::string>{"/", "/srv/my brick"}));
  EXPECT_TRUE(mounts_on(mountinfo, {}).empty());
}

}  // namespace
}  // namespace bramble::lab
