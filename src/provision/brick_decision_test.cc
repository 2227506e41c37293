// SPDX-License-Identifier: Apache-2.0
#include "provision/brick_decision.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kUuid = "0b0f6c3e-6d0a-4c39-9d8e-0a5a5a1b2c3d";
constexpr std::string_view kTable = R"(label: dos
label-id: 0x5be853c5
device: /dev/loop3
unit: sectors
sector-size: 512

/dev/loop3p1 : start=        8192, size=      131072, type=c, bootable
/dev/loop3p2 : start=      139264, size=     3072000, type=83)";
constexpr std::string_view kOurEntry =
    "\n/dev/loop3p3 : start=     3211264, size=     5177344, type=83";

// A host's answer, put together section by section.
class Look {
 public:
  Look& with(const std::string& section, std::string_view text) {
    text_ += fmt::format("@@ {}\n{}\n", section, text);
    return *this;
  }
  Report report() const { return Report(text_); }

 private:
  std::string text_;
};

Look fresh_card() {
  return Look()
      .with("uuid", kUuid)
      .with("root", "source=/dev/loop3p2\ntype=ext4")
      .with("disk", "node=/dev/loop3\nbytes=4294967296");
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

Result<BrickWork> decide(const Look& look, Brick brick = {}) {
  return decide_brick({.name = "web", .brick = std::move(brick)}, "/srv/brick/web", look.report());
}

std::string refusal(const Look& look, Brick brick = {}) {
  const Result<BrickWork> work = decide(look, std::move(brick));
  return work.ok() ? "(none)" : work.error().what;
}

const Brick kDisk{Brick::Kind::kDevice, "/dev/sdb"};

Look disk(std::string_view signature) {
  return Look()
      .with("uuid", kUuid)
      .with("device", "node=/dev/sdb\nbytes=8589934592\nreadonly=0")
      .with("signature", signature);
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
  const Result<BrickWork> work =
      decide(fresh_card()
                 .with("table", std::string(kTable) + std::string(kOurEntry))
                 .with("journal", journal(false)));
  ASSERT_TRUE(work.ok());
  EXPECT_EQ(work->partition_entry, "");
  EXPECT_TRUE(work->format);
  EXPECT_TRUE(work->mount);
}

TEST(BrickInFreeSpace, HalfFormattedIsFormattedAnew) {
  const Result<BrickWork> work =
      decide(fresh_card()
                 .with("table", std::string(kTable) + std::string(kOurEntry))
                 .with("journal", journal(false))
                 .with("signature", fmt::format("TYPE=xfs\nUUID={}", kUuid)));
  ASSERT_TRUE(work.ok());
  EXPECT_TRUE(work->format);
}

TEST(BrickInFreeSpace, FormattedIsMountedAndNeverFormattedAgain) {
  const Result<BrickWork> work =
      decide(fresh_card()
                 .with("table", std::string(kTable) + std::string(kOurEntry))
                 .with("journal", journal(true))
                 .with("signature", fmt::format("TYPE=xfs\nUUID={}", kUuid)));
  ASSERT_TRUE(work.ok());
  EXPECT_FALSE(work->format);
  EXPECT_TRUE(work->mount);
}

TEST(BrickInFreeSpace, IsLeftAloneWhenAllIsWell) {
  const Result<BrickWork> work =
      decide(fresh_card()
                 .with("table", std::string(kTable) + std::string(kOurEntry))
                 .with("journal", journal(true))
                 .with("signature", fmt::format("TYPE=xfs\nUUID={}", kUuid))
                 .with("mount", fmt::format("source=/dev/loop3p3\nuuid={}", kUuid))
                 .with("fstab", fmt::format("UUID={} /srv/brick xfs noatime 0 0", kUuid))
                 .with("folder", "present"));
  ASSERT_TRUE(work.ok());
  EXPECT_THAT(work->lines, IsEmpty());
}

TEST(BrickInFreeSpace, RefusesAForeignFilesystemInItsPartition) {
  EXPECT_EQ(refusal(fresh_card()
                        .with("table", std::string(kTable) + std::string(kOurEntry))
                        .with("journal", journal(false))
                        .with("signature", "TYPE=ext4\nUSAGE=filesystem\nLABEL=photos")),
            "/dev/loop3p3 has an ext4 filesystem labelled photos: use an empty device, or wipe it "
            "yourself with: wipefs --all /dev/loop3p3");
}

TEST(BrickInFreeSpace, RefusesToFormatWhatWasFormattedOnce) {
  EXPECT_EQ(refusal(fresh_card()
                        .with("table", std::string(kTable) + std::string(kOurEntry))
                        .with("journal", journal(true))),
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
    return decide(fresh_card()
                      .with("journal", journal(formatted))
                      .with("table", std::string(kTable) + std::string(kOurEntry))
                      .with("kernel", kernel)
                      .with("signature", formatted ? fmt::format("TYPE=xfs\nUUID={}", kUuid) : ""));
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
      refusal(Look().with("root", "source=overlay\ntype=overlay")),
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

std::string journal_of_device() {
  return BrickJournal{
      .kind = "device", .device = "/dev/sdb", .uuid = std::string(kUuid), .formatted = true}
      .text();
}

TEST(BrickOnADevice, IsFormattedWhole) {
  const Result<BrickWork> work = decide(disk(""), kDisk);
  ASSERT_TRUE(work.ok());
  EXPECT_EQ(work->lines.front(), "format /dev/sdb (8.0 GiB) as xfs");
  EXPECT_EQ(work->partition_entry, "");
  EXPECT_TRUE(work->write_journal);
}

TEST(BrickOnADevice, RefusesAnySignature) {
  EXPECT_EQ(refusal(disk("TYPE=ext4\nUSAGE=filesystem\nLABEL=photos"), kDisk),
            "/dev/sdb has an ext4 filesystem labelled photos: use an empty device, or wipe it "
            "yourself with: wipefs --all /dev/sdb");
  EXPECT_EQ(refusal(disk("PTTYPE=gpt\nPTUUID=1"), kDisk),
            "/dev/sdb has a gpt partition table: use an empty device, or wipe it yourself with: "
            "wipefs --all /dev/sdb");
  EXPECT_EQ(refusal(disk("TYPE=LVM2_member\nUSAGE=raid"), kDisk),
            "/dev/sdb has a LVM2_member signature: use an empty device, or wipe it yourself with: "
            "wipefs --all /dev/sdb");
  EXPECT_EQ(refusal(disk("AMBIVALENT=1"), kDisk),
            "/dev/sdb has signatures of several kinds: use an empty device, or wipe it yourself "
            "with: wipefs --all /dev/sdb");
}

TEST(BrickOnADevice, DoesNotHaveABrickOfAnEarlierSystemWipedForNothing) {
  const std::string said = refusal(disk("TYPE=xfs\nUSAGE=filesystem\nLABEL=bramble"), kDisk);
  EXPECT_THAT(said, HasSubstr("a brick that bramble made before this system was installed"));
  EXPECT_THAT(said, HasSubstr("Only if the other nodes have them all"));
}

TEST(BrickOnADevice, TellsWhatToDoWhereItsDiskIsGoneOrAnother) {
  const auto formatted = [](Look look) { return look.with("journal", journal_of_device()); };
  EXPECT_EQ(refusal(formatted(disk("")).with("mount", "source=/dev/sdc\nuuid="), kDisk),
            "/srv/brick is mounted from /dev/sdc, which does not answer any more: was its disk "
            "unplugged? See with lsblk that it is back, run umount -l /srv/brick there, and "
            "`bramble up` again");
  EXPECT_THAT(refusal(formatted(disk("")), kDisk),
              HasSubstr("If the brick's disk was replaced, remove that file and the line of "
                        "/srv/brick in /etc/fstab"));
}

TEST(BrickOnADevice, KnowsItsLineOfFstabAgainHoweverItIsAligned) {
  const Result<BrickWork> work =
      decide(disk(fmt::format("TYPE=xfs\nUUID={}", kUuid))
                 .with("journal", journal_of_device())
                 .with("fstab", fmt::format("UUID={}\t/srv/brick\txfs\tnoatime\t0\t0", kUuid))
                 .with("folder", "present"),
             kDisk);
  ASSERT_TRUE(work.ok()) << work.error().what;
  EXPECT_EQ(work->fstab_line, "");
}

TEST(BrickOnADevice, RefusesOneInUse) {
  EXPECT_EQ(refusal(disk("").with("parts", "/dev/sdb1\n/dev/sdb2"), kDisk),
            "/dev/sdb is in use: it has /dev/sdb1, /dev/sdb2; use an empty device, or one of its "
            "empty partitions");
  EXPECT_EQ(refusal(disk("").with("users", "/dev/dm-0 stands on it"), kDisk),
            "/dev/sdb is in use: /dev/dm-0 stands on it; use an empty device");
}

TEST(BrickOnADevice, RefusesOneThatIsMissingReadOnlyOrSmall) {
  EXPECT_EQ(refusal(Look(), kDisk),
            "there is no block device /dev/sdb: see lsblk for those that there are");
  EXPECT_EQ(refusal(Look().with("device", "node=/dev/sdb\nbytes=8589934592\nreadonly=1"), kDisk),
            "/dev/sdb is read-only");
  EXPECT_EQ(refusal(Look().with("device", "node=/dev/sdb\nbytes=1000000\nreadonly=0"), kDisk),
            "/dev/sdb has 976.6 KiB; a brick needs 1.0 GiB at the least");
}

TEST(BrickOnADevice, IsLeftAloneWhereItIsMountedThoughItsDiskHasAnotherName) {
  const Result<BrickWork> work =
      decide(disk("TYPE=ext4\nUSAGE=filesystem\nLABEL=photos")  // is /dev/sdb since the last boot
                 .with("journal", journal_of_device())
                 .with("mount", fmt::format("source=/dev/sdc\nuuid={}", kUuid))
                 .with("fstab", fmt::format("UUID={} /srv/brick xfs noatime 0 0", kUuid))
                 .with("folder", "present"),
             kDisk);
  ASSERT_TRUE(work.ok()) << work.error().what;
  EXPECT_THAT(work->lines, IsEmpty());
}

const Brick kFolder{Brick::Kind::kFolder, "/srv/brick"};

std::string journal_of_folder(const std::string& filesystem, bool made) {
  return BrickJournal{
      .kind = "folder", .device = "/srv/brick", .uuid = filesystem, .formatted = made}
      .text();
}

TEST(BrickInAFolder, IsMadeInAnEmptyOne) {
  const Result<BrickWork> work =
      decide(Look().with("lies-on", "source=/dev/sdb1\ntype=xfs\nuuid=1234-5678"), kFolder);
  ASSERT_TRUE(work.ok());
  EXPECT_THAT(work->lines, ElementsAre("make the brick's folder /srv/brick/web"));
  EXPECT_EQ(work->journal.text(), journal_of_folder("1234-5678", false));
  EXPECT_FALSE(work->format);
  EXPECT_FALSE(work->mount);
}

TEST(BrickInAFolder, IsKnownAgainByItsJournal) {
  for (const char* filesystem : {"1234-5678", ""}) {  // journals were once without it
    const Result<BrickWork> work =
        decide(Look()
                   .with("journal", journal_of_folder(filesystem, true))
                   .with("lies-on", "source=/dev/sdb1\ntype=xfs\nuuid=1234-5678")
                   .with("content", "web")
                   .with("folder", "present"),
               kFolder);
    ASSERT_TRUE(work.ok()) << work.error().what;
    EXPECT_TRUE(work->empty());
  }
}

TEST(BrickInAFolder, PlannedButNotMadeIsMade) {
  for (const char* folder : {"", "present"}) {
    const Result<BrickWork> work =
        decide(Look()
                   .with("journal", journal_of_folder("1234-5678", false))
                   .with("lies-on", "source=/dev/sdb1\ntype=xfs\nuuid=1234-5678")
                   .with("folder", folder),
               kFolder);
    ASSERT_TRUE(work.ok()) << work.error().what;
    EXPECT_THAT(work->lines, ElementsAre("make the brick's folder /srv/brick/web"));
    EXPECT_FALSE(work->write_journal);
  }
}

TEST(BrickInAFolder, RefusesAnotherFilesystemThanItWasMadeOn) {
  for (const bool made : {false, true})
    EXPECT_EQ(refusal(Look()
                          .with("journal", journal_of_folder("1234-5678", made))
                          .with("lies-on", "source=/dev/mmcblk0p2\ntype=ext4\nuuid=9abc"),
                      kFolder),
              "/srv/brick lies on /dev/mmcblk0p2 (UUID 9abc), but the brick was made on the "
              "filesystem 1234-5678, says /var/lib/bramble/brick.journal: is its disk there and "
              "mounted? Mount it, then run `bramble up` again. Nothing was changed");
}

TEST(BrickInAFolder, RefusesToMakeAgainWhatIsGone) {
  for (const char* filesystem : {"1234-5678", ""})
    EXPECT_EQ(
        refusal(Look()
                    .with("journal", journal_of_folder(filesystem, true))
                    .with("lies-on", "source=/dev/sdb1\ntype=xfs\nuuid=1234-5678"),
                kFolder),
        "the brick's folder /srv/brick/web is gone, though /var/lib/bramble/brick.journal says "
        "that it was made: is its disk there and mounted? Mount it, then run `bramble up` "
        "again; if its files are lost, remove /var/lib/bramble/brick.journal to begin anew. "
        "Nothing was changed");
}

TEST(BrickInAFolder, RefusesOneThatHoldsAnything) {
  EXPECT_EQ(
      refusal(Look().with("content", "photos\nmusic"), kFolder),
      "/srv/brick is not empty (it has photos, music): a brick needs a new or an empty folder");
}

TEST(BrickInAFolder, RefusesAFilesystemThatKeepsNothing) {
  EXPECT_EQ(
      refusal(Look().with("lies-on", "type=tmpfs"), kFolder),
      "/srv/brick lies in memory (tmpfs), and would be empty after a boot: name a folder on a "
      "disk");
  EXPECT_EQ(
      refusal(Look().with("lies-on", "type=exfat"), kFolder),
      "/srv/brick lies on exfat, where GlusterFS cannot keep its attributes: name a folder on "
      "xfs, ext4 or btrfs");
  EXPECT_TRUE(decide(Look().with("lies-on", "type=ext4"), kFolder).ok());
}

TEST(Brick, IsNotMovedFromOneKindToAnother) {
  EXPECT_EQ(refusal(Look().with("journal", journal(true)), kFolder),
            "this host's brick is of kind free-space (/dev/loop3p3, says "
            "/var/lib/bramble/brick.journal), but the file asks for folder: bramble does not move "
            "bricks");
}

TEST(Brick, DoesNotBelieveADamagedJournal) {
  EXPECT_EQ(refusal(fresh_card().with("table", kTable).with("journal", "kind=free-space\nuuid=")),
            "/var/lib/bramble/brick.journal is damaged: restore it, or remove it if this host has "
            "no brick");
}

}  // namespace
}  // namespace bramble::provision
