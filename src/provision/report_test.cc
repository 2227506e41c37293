// SPDX-License-Identifier: Apache-2.0
#include "provision/report.hh"

#include <gtest/gtest.h>

namespace bramble::provision {
namespace {

TEST(Report, GivesEachSectionWithoutItsLastLineEnd) {
  const Report report("noise\n@@ disk\n/dev/sda\n@@ table\nlabel: dos\nunit: sectors\n@@ empty\n");
  EXPECT_EQ(report["disk"], "/dev/sda");
  EXPECT_EQ(report["table"], "label: dos\nunit: sectors");
  EXPECT_EQ(report["empty"], "");
  EXPECT_EQ(report["missing"], "");
}

TEST(Report, FindsValuesByTheirWholeKey) {
  const Report report("@@ blkid\nUUID_SUB=no\nUUID=1b70\nTYPE=ext4\nSize: 5\n");
  EXPECT_EQ(report.value("blkid", "UUID"), "1b70");
  EXPECT_EQ(report.value("blkid", "TYPE"), "ext4");
  EXPECT_EQ(report.value("blkid", "Size"), "5");
  EXPECT_EQ(report.value("blkid", "LABEL"), "");
}

}  // namespace
}  // namespace bramble::provision
