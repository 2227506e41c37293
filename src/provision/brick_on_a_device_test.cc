// SPDX-License-Identifier: Apache-2.0
#include "provision/brick_decision_fixture.hh"

namespace bramble::provision {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const Brick kDisk{Brick::Kind::kDevice, "/dev/sdb"};

HostLook disk(std::string_view signature) {
  return HostLook()
      .with("uuid", kUuid)
      .with("device", "node=/dev/sdb\nbytes=8589934592\nreadonly=0")
      .with("signature", signature);
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
  const auto formatted = [](HostLook look) { return look.with("journal", journal_of_device()); };
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
      decide(disk(kOurFilesystem)
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
  EXPECT_EQ(refusal(HostLook(), kDisk),
            "there is no block device /dev/sdb: see lsblk for those that there are");
  EXPECT_EQ(
      refusal(HostLook().with("device", "node=/dev/sdb\nbytes=8589934592\nreadonly=1"), kDisk),
      "/dev/sdb is read-only");
  EXPECT_EQ(refusal(HostLook().with("device", "node=/dev/sdb\nbytes=1000000\nreadonly=0"), kDisk),
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

}  // namespace
}  // namespace bramble::provision
