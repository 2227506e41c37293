// SPDX-License-Identifier: Apache-2.0
#include "provision/brick_decision_fixture.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kTable = R"(label: dos
label-id: 0x5be853c5
device: /dev/loop3
unit: sectors
sector-size: 512

/dev/loop3p1 : start=        8192, size=      131072, type=c, bootable
/dev/loop3p2 : start=      139264, size=     3072000, type=83)";
constexpr std::string_view kOurEntry =
    "\n/dev/loop3p3 : start=     3211264, size=     5177344, type=83";

HostLook fresh_card() {
  return HostLook()
      .with("uuid", kUuid)
      .with("root", "source=/dev/loop3p2\ntype=ext4")
      .with("disk", "node=/dev/loop3\nbytes=4294967296");
}

HostLook card_with_our_partition() {
  return fresh_card().with("table", std::string(kTable) + std::string(kOurEntry));
}

std::string journal(bool formatted) {
  return BrickJournal{.kind = "free-space",
                      .device = "/dev/loop3p3",
                      .table = "0x5be853c5",
                      .number = 3,
                      .start = 3211264,
                      .sectors = 5177344,
                      .uuid = std::string(kUuid),
                      .formatted = formatted}
      .text();
}

TEST(BrickInFreeSpace, IsPlannedToTheSector) {
  const Result<BrickWork> work = decide(fresh_card().with("table", kTable));
  ASSERT_TRUE(work.ok());
  EXPECT_THAT(work->lines,
              ElementsAre("create /dev/loop3p3 in the free space of /dev/loop3 behind the last "
                          "partition: sectors 3211264 to 8388607 (2.5 GiB)",
                          "format /dev/loop3p3 (2.5 GiB) as xfs",
                          "mount it at /srv/brick at boot, by UUID in /etc/fstab",
                          "make the brick's folder /srv/brick/web"));
  EXPECT_TRUE(work->write_journal);
  EXPECT_EQ(work->journal.text(), journal(false));
  EXPECT_EQ(work->partition_entry, "start=3211264, size=5177344, type=83");
  EXPECT_EQ(work->planned_table, kTable);
  EXPECT_EQ(work->probe_offset, 3211264U * 512);
  EXPECT_EQ(work->fstab_line,
            "UUID=0b0f6c3e-6d0a-4c39-9d8e-0a5a5a1b2c3d /srv/brick xfs "
            "noatime,nofail,x-systemd.device-timeout=30s 0 0");
}

TEST(BrickInFreeSpace, PlannedButNotMadeIsMadeAsItWasPlanned) {
  const Result<BrickWork> work =
      decide(fresh_card().with("table", kTable).with("journal", journal(false)));
  ASSERT_TRUE(work.ok());
  EXPECT_FALSE(work->write_journal);
  EXPECT_EQ(work->partition_entry, "start=3211264, size=5177344, type=83");
  EXPECT_TRUE(work->format);
}

TEST(BrickInFreeSpace, MadeButNotFormattedIsFormatted) {
  const Result<BrickWork> work = decide(card_with_our_partition().with("journal", journal(false)));
  ASSERT_TRUE(work.ok());
  EXPECT_EQ(work->partition_entry, "");
  EXPECT_TRUE(work->format);
  EXPECT_TRUE(work->mount);
}

TEST(BrickInFreeSpace, HalfFormattedIsFormattedAnew) {
  const Result<BrickWork> work = decide(
      card_with_our_partition().with("journal", journal(false)).with("signature", kOurFilesystem));
  ASSERT_TRUE(work.ok());
  EXPECT_TRUE(work->format);
}

TEST(BrickInFreeSpace, FormattedIsMountedAndNeverFormattedAgain) {
  const Result<BrickWork> work = decide(
      card_with_our_partition().with("journal", journal(true)).with("signature", kOurFilesystem));
  ASSERT_TRUE(work.ok());
  EXPECT_FALSE(work->format);
  EXPECT_TRUE(work->mount);
}

TEST(BrickInFreeSpace, IsLeftAloneWhenAllIsWell) {
  const Result<BrickWork> work =
      decide(card_with_our_partition()
                 .with("journal", journal(true))
                 .with("signature", kOurFilesystem)
                 .with("mount", fmt::format("source=/dev/loop3p3\nuuid={}", kUuid))
                 .with("fstab", fmt::format("UUID={} /srv/brick xfs noatime 0 0", kUuid))
                 .with("folder", "present"));
  ASSERT_TRUE(work.ok());
  EXPECT_THAT(work->lines, IsEmpty());
}

TEST(BrickInFreeSpace, RefusesAForeignFilesystemInItsPartition) {
  EXPECT_EQ(refusal(card_with_our_partition()
                        .with("journal", journal(false))
                        .with("signature", "TYPE=ext4\nUSAGE=filesystem\nLABEL=photos")),
            "/dev/loop3p3 has an ext4 filesystem labelled photos: use an empty device, or wipe it "
            "yourself with: wipefs --all /dev/loop3p3");
}

TEST(BrickInFreeSpace, RefusesToFormatWhatWasFormattedOnce) {
  EXPECT_EQ(refusal(card_with_our_partition().with("journal", journal(true))),
            "/dev/loop3p3 should hold the brick's filesystem (UUID "
            "0b0f6c3e-6d0a-4c39-9d8e-0a5a5a1b2c3d, says /var/lib/bramble/brick.journal), but has "
            "none: is it the right disk? Nothing was changed");
}

TEST(BrickInFreeSpace, RefusesAPartitionThatSomeoneElseMadeThere) {
  EXPECT_EQ(refusal(fresh_card()
                        .with("table", std::string(kTable) +
                                           "\n/dev/loop3p3 : start= 4211264, size= 9, type=83")
                        .with("journal", journal(false))),
            "/dev/loop3p3 has sectors 4211264+9, but /var/lib/bramble/brick.journal planned "
            "3211264+5177344 there: someone else made it; if it is empty, remove it and that file");
}

TEST(BrickInFreeSpace, RefusesAPartitionThatTheKernelStillSeesElsewhere) {
  const auto seen = [](std::string_view kernel, bool formatted) {
    return decide(card_with_our_partition()
                      .with("journal", journal(formatted))
                      .with("kernel", kernel)
                      .with("signature", formatted ? kOurFilesystem : ""));
  };
  EXPECT_TRUE(seen("start=3211264\nsize=5177344", false).ok());
  EXPECT_TRUE(seen("start=3211264\nsize=5177344", true).ok());
  for (const bool formatted : {false, true}) {
    const auto stale = seen("start=3211264\nsize=2048", formatted);
    ASSERT_FALSE(stale.ok());
    EXPECT_EQ(stale.error().what,
              "the kernel still sees /dev/loop3p3 at other sectors (3211264+2048) than its table "
              "has it (3211264+5177344): reboot, then run `bramble up` again");
  }
}

TEST(BrickInFreeSpace, RefusesAnotherDisk) {
  std::string other(kTable);
  other.replace(other.find("0x5be853c5"), 10, "0x11111111");
  EXPECT_EQ(refusal(fresh_card().with("table", other).with("journal", journal(true))),
            "/dev/loop3 has the partition table 0x11111111, but /var/lib/bramble/brick.journal "
            "speaks of 0x5be853c5: was the disk replaced? If this host has no brick, remove that "
            "file");
}

TEST(BrickInFreeSpace, NeedsARootPartition) {
  EXPECT_EQ(
      refusal(HostLook().with("root", "source=overlay\ntype=overlay")),
      "the root filesystem lies on overlay (overlay), not on a partition of a disk: use brick "
      "= { path = … } for a folder, or { device = … } for an empty device");
}

TEST(BrickInFreeSpace, RefusesAMountPointInUse) {
  EXPECT_EQ(refusal(fresh_card().with("table", kTable).with("mount", "source=/dev/sdb1\nuuid=x")),
            "/srv/brick is already the mount point of /dev/sdb1, which is not bramble's brick: "
            "unmount it, or use it as it is with brick = { path = \"/srv/brick\" }");
  EXPECT_EQ(refusal(fresh_card().with("table", kTable).with("fstab", "/dev/sdb1 /srv/brick ext4")),
            "/etc/fstab has a foreign line for /srv/brick: \"/dev/sdb1 /srv/brick ext4\"; remove "
            "it, or use the folder as it is with brick = { path = \"/srv/brick\" }");
  EXPECT_EQ(refusal(fresh_card().with("table", kTable).with("content", "old\nphotos")),
            "/srv/brick is not empty (it has old, photos): the brick shall be mounted there; move "
            "these files away");
}

TEST(BrickInFreeSpace, IsNotMovedToAFolder) {
  EXPECT_EQ(
      refusal(HostLook().with("journal", journal(true)), {Brick::Kind::kFolder, "/srv/brick"}),
      "this host's brick is of kind free-space (/dev/loop3p3, says "
      "/var/lib/bramble/brick.journal), but the file asks for folder: bramble does not move "
      "bricks");
}

TEST(BrickInFreeSpace, DoesNotBelieveADamagedJournal) {
  EXPECT_EQ(refusal(fresh_card().with("table", kTable).with("journal", "kind=free-space\nuuid=")),
            "/var/lib/bramble/brick.journal is damaged: restore it, or remove it if this host has "
            "no brick");
}

}  // namespace
}  // namespace bramble::provision
