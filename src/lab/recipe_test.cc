// SPDX-License-Identifier: Apache-2.0
#include "lab/recipe.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace bramble::lab {
namespace {

TEST(DiskLayout, PartitionsFollowEachOtherAndLeaveSpaceBehind) {
  const DiskLayout layout{.image_mib = 6144, .boot_start_mib = 4, .boot_mib = 64, .root_mib = 2560};
  EXPECT_EQ(layout.root_start_mib(), 68U);
  EXPECT_EQ(layout.table(),
            "label: dos\n"
            "start=4MiB, size=64MiB, type=c, bootable\n"
            "start=68MiB, size=2560MiB, type=83\n");
}

TEST(Recipe, LeavesRoomForABrick) {
  const DiskLayout disk = recipe().disk;
  EXPECT_GE(disk.image_mib - disk.root_start_mib() - disk.root_mib, 2048U);
}

TEST(Recipe, HostsComeWithoutWhatTheProvisionerInstalls) {
  const Recipe now = recipe();
  for (const std::string& package : now.repository_packages)
    EXPECT_EQ(std::count(now.base_packages.begin(), now.base_packages.end(), package), 0)
        << package;
}

TEST(Recipe, AnyChangeGivesAnotherFingerprint) {
  const std::string before = recipe().fingerprint();
  EXPECT_EQ(before.size(), 16U);
  EXPECT_EQ(before, recipe().fingerprint());

  Recipe changed = recipe();
  changed.base_packages.emplace_back("vim");
  EXPECT_NE(changed.fingerprint(), before) << "base packages";
  changed = recipe();
  changed.repository_packages.pop_back();
  EXPECT_NE(changed.fingerprint(), before) << "repository packages";
  changed = recipe();
  changed.files.front().content += '#';
  EXPECT_NE(changed.fingerprint(), before) << "a file's content";
  changed = recipe();
  changed.files.front().mode = 0600;
  EXPECT_NE(changed.fingerprint(), before) << "a file's mode";
  changed = recipe();
  changed.setup += "true\n";
  EXPECT_NE(changed.fingerprint(), before) << "the setup";
  changed = recipe();
  changed.disk.root_mib += 1;
  EXPECT_NE(changed.fingerprint(), before) << "the disk";
}

}  // namespace
}  // namespace bramble::lab
