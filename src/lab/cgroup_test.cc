// SPDX-License-Identifier: Apache-2.0
#include "lab/cgroup.hh"

#include <gtest/gtest.h>

namespace bramble::lab {
namespace {

constexpr const char* kHybrid =
    "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    "30 25 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "31 30 0:28 / /sys/fs/cgroup/cpu rw,relatime shared:9 master:1 - cgroup cgroup rw,cpu\n"
    "32 30 0:29 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
    "33 30 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    "34 30 0:30 / /srv/guest/sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n";

TEST(CgroupLayout, HybridHasAllHierarchiesAndKillsByTheUnifiedOne) {
  const Result<CgroupLayout> layout = cgroup_layout(kHybrid, false);
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(layout->unified, "/sys/fs/cgroup/unified");
  EXPECT_EQ(layout->hierarchies,
            (std::vector<std::string>{"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/systemd",
                                      "/sys/fs/cgroup/unified"}));
  EXPECT_FALSE(layout->systemd);
}

TEST(CgroupLayout, PureV2IsOneHierarchy) {
  const Result<CgroupLayout> layout = cgroup_layout(
      "30 25 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n", true);
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(layout->unified, "/sys/fs/cgroup");
  EXPECT_EQ(layout->hierarchies, (std::vector<std::string>{"/sys/fs/cgroup"}));
  EXPECT_TRUE(layout->systemd);
}

TEST(CgroupLayout, WithoutV2ThereIsAnErrorThatSaysWhatToDo) {
  const Result<CgroupLayout> layout =
      cgroup_layout("31 30 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", false);
  ASSERT_FALSE(layout.ok());
  EXPECT_EQ(layout.error().what,
            "no cgroup v2 below /sys/fs/cgroup: mount it (mount -t cgroup2 none /sys/fs/cgroup) or "
            "boot with systemd.unified_cgroup_hierarchy=1");
}

TEST(CgroupLayout, TornLinesAreSkipped) {
  EXPECT_FALSE(cgroup_layout("31 30 0:28 / /sys/fs/cgroup rw -\n-\n\n", false).ok());
}

TEST(Cgroup, AGroupThatIsNotThereIsEmptyAndIsKilledAtOnce) {
  const Cgroup group({.systemd = false, .unified = "/nowhere", .hierarchies = {"/nowhere"}}, "a");
  EXPECT_FALSE(group.populated());
  EXPECT_TRUE(group.processes().empty());
  EXPECT_TRUE(group.kill_and_wait(std::chrono::milliseconds(0)).ok());
}

}  // namespace
}  // namespace bramble::lab
