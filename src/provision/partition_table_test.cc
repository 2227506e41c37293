// SPDX-License-Identifier: Apache-2.0
#include "provision/partition_table.hh"

#include <gtest/gtest.h>

namespace bramble::provision {
namespace {

// A Raspberry Pi image on a 4 GiB card, as util-linux 2.38 dumps it.
constexpr std::string_view kDos = R"(label: dos
label-id: 0x5be853c5
device: /dev/mmcblk0
unit: sectors
sector-size: 512

/dev/mmcblk0p1 : start=        8192, size=      131072, type=c, bootable
/dev/mmcblk0p2 : start=      139264, size=     3072000, type=83
)";
constexpr std::uint64_t kCardBytes = std::uint64_t{4} << 30U;

constexpr std::string_view kGpt = R"(label: gpt
label-id: 66BBAC37-A97F-1648-B717-82D8BFC3ABE4
device: /dev/sda
unit: sectors
first-lba: 2048
last-lba: 8388574
sector-size: 512

/dev/sda1 : start=        8192, size=      131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=BB544232-850C-044C-9C11-9C3D846800F9, name="EFI, of old"
/dev/sda2 : start=      139264, size=     3072001, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=F4A01B04-060F-CA4E-BC46-8B2D7674BF9F
)";

PartitionTable table_of(std::string_view dump) {
  Result<PartitionTable> table = parse_partition_table(dump);
  EXPECT_TRUE(table.ok());
  return *table;
}

TEST(PartitionTable, ReadsAnMbr) {
  const PartitionTable table = table_of(kDos);
  EXPECT_EQ(table.label, PartitionTable::Label::kDos);
  EXPECT_EQ(table.disk, "/dev/mmcblk0");
  EXPECT_EQ(table.id, "0x5be853c5");
  ASSERT_EQ(table.partitions.size(), 2U);
  EXPECT_EQ(table.partitions[1].node, "/dev/mmcblk0p2");
  EXPECT_EQ(table.partitions[1].number, 2U);
  EXPECT_EQ(table.partitions[1].start, 139264U);
  EXPECT_EQ(table.partitions[1].sectors, 3072000U);
}

TEST(PartitionTable, ReadsAGptWithCommasInNames) {
  const PartitionTable table = table_of(kGpt);
  EXPECT_EQ(table.label, PartitionTable::Label::kGpt);
  EXPECT_EQ(table.last_usable, 8388574U);
  ASSERT_EQ(table.partitions.size(), 2U);
  EXPECT_EQ(table.partitions[0].name, "EFI, of old");
  EXPECT_EQ(table.partitions[1].number, 2U);
}

TEST(PartitionTable, KnowsNoOtherKinds) {
  const Result<PartitionTable> table =
      parse_partition_table("label: bsd\ndevice: /dev/sda\nunit: sectors\n");
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.error().what,
            "/dev/sda has a partition table of kind \"bsd\"; bramble adds partitions to MBR and "
            "GPT only: use brick = { path = … } or { device = … }");
}

TEST(NewPartition, TakesWhatIsFreeBehindTheLastOneInWholeMebibytes) {
  const PartitionTable table = table_of(kDos);
  const Result<Partition> placed = place_behind_last(table, kCardBytes);
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->number, 3U);
  EXPECT_EQ(placed->node, "/dev/mmcblk0p3");
  EXPECT_EQ(placed->start, 3211264U);
  EXPECT_EQ(placed->start + placed->sectors, 8388608U);
  EXPECT_EQ(sfdisk_entry(table, *placed), "start=3211264, size=5177344, type=83");
}

TEST(NewPartition, LeavesTheSecondTableOfAGptAlone) {
  const PartitionTable table = table_of(kGpt);
  const Result<Partition> placed = place_behind_last(table, kCardBytes);
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->start, 3213312U);  // the last one ends a sector past a boundary
  EXPECT_EQ(placed->start + placed->sectors, 8386560U);
  EXPECT_EQ(sfdisk_entry(table, *placed),
            "start=3213312, size=5173248, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, "
            "name=bramble-brick");
}

TEST(NewPartition, LiesBehindTheOneThatEndsLastWhateverTheirOrder) {
  PartitionTable table = table_of(kDos);
  table.partitions.push_back({.node = "/dev/mmcblk0p4", .number = 4, .start = 4096, .sectors = 8});
  const Result<Partition> placed = place_behind_last(table, kCardBytes);
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->number, 3U);
  EXPECT_EQ(placed->start, 3211264U);
}

TEST(NewPartition, NeedsAGibibyte) {
  const PartitionTable table = table_of(kDos);
  const Result<Partition> placed = place_behind_last(table, std::uint64_t{2} << 30U);
  ASSERT_FALSE(placed.ok());
  EXPECT_EQ(placed.error().what,
            "/dev/mmcblk0 (2.0 GiB) has 480.0 MiB free behind its last partition /dev/mmcblk0p2; a "
            "brick needs 1.0 GiB at the least: use brick = { path = … } for a folder, or { device "
            "= … } for another disk");
}

TEST(NewPartition, NeedsANumber) {
  PartitionTable table = table_of(kDos);
  for (const unsigned number : {3U, 4U})
    table.partitions.push_back({.node = "x", .number = number, .start = 4096, .sectors = 8});
  const Result<Partition> placed = place_behind_last(table, kCardBytes);
  ASSERT_FALSE(placed.ok());
  EXPECT_EQ(placed.error().what,
            "/dev/mmcblk0 has no room for one more partition: its MBR table holds four primary "
            "partitions at most; use brick = { path = … } or another disk with brick = { device = "
            "… }");
}

TEST(NewPartition, IsNotPutBehindTheEndOfAGptOfASmallerDisk) {
  const PartitionTable table = table_of(kGpt);
  PartitionTable full = table;
  full.partitions[1].sectors = 8388575 - full.partitions[1].start;
  const Result<Partition> placed = place_behind_last(full, std::uint64_t{32} << 30U);
  ASSERT_FALSE(placed.ok());
  EXPECT_EQ(placed.error().what,
            "the GPT of /dev/sda ends at sector 8388574 of 67108864: it was written for a smaller "
            "disk; move its end with: sfdisk --relocate gpt-bak-std /dev/sda");
}

TEST(NewPartition, StaysBelowTheTwoTebibytesOfAnMbr) {
  const PartitionTable table = table_of(kDos);
  const Result<Partition> placed = place_behind_last(table, std::uint64_t{4} << 40U);
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->start + placed->sectors, std::uint64_t{1} << 32U);
}

TEST(NewPartition, CountsInTheDisksOwnSectors) {
  PartitionTable table = table_of(kGpt);
  table.sector_bytes = 4096;
  table.last_usable = 1048570;
  table.partitions.resize(1);
  table.partitions[0].start = 256;
  table.partitions[0].sectors = 1000;
  const Result<Partition> placed = place_behind_last(table, kCardBytes);
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->start, 1280U);
  EXPECT_EQ((placed->start + placed->sectors) % 256, 0U);
}

TEST(PartitionNode, HasALetterBehindADigit) {
  EXPECT_EQ(partition_node("/dev/sda", 3), "/dev/sda3");
  EXPECT_EQ(partition_node("/dev/nvme0n1", 3), "/dev/nvme0n1p3");
  EXPECT_EQ(partition_node("/dev/loop7", 12), "/dev/loop7p12");
}

}  // namespace
}  // namespace bramble::provision
