// SPDX-License-Identifier: Apache-2.0
#include "provision/brick_decision_fixture.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;

const Brick kFolder{Brick::Kind::kFolder, "/srv/brick"};

std::string journal_of_folder(const std::string& filesystem, bool made) {
  return BrickJournal{
      .kind = "folder", .device = "/srv/brick", .uuid = filesystem, .formatted = made}
      .text();
}

TEST(BrickInAFolder, IsMadeInAnEmptyOne) {
  const Result<BrickWork> work =
      decide(HostLook().with("lies-on", "source=/dev/sdb1\ntype=xfs\nuuid=1234-5678"), kFolder);
  ASSERT_TRUE(work.ok());
  EXPECT_THAT(work->lines, ElementsAre("make the brick's folder /srv/brick/web"));
  EXPECT_EQ(work->journal.text(), journal_of_folder("1234-5678", false));
  EXPECT_FALSE(work->format);
  EXPECT_FALSE(work->mount);
}

TEST(BrickInAFolder, IsKnownAgainByItsJournal) {
  for (const char* filesystem : {"1234-5678", ""}) {  // journals were once without it
    const Result<BrickWork> work =
        decide(HostLook()
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
        decide(HostLook()
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
    EXPECT_EQ(refusal(HostLook()
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
        refusal(HostLook()
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
      refusal(HostLook().with("content", "photos\nmusic"), kFolder),
      "/srv/brick is not empty (it has photos, music): a brick needs a new or an empty folder");
}

TEST(BrickInAFolder, RefusesAFilesystemThatKeepsNothing) {
  EXPECT_EQ(
      refusal(HostLook().with("lies-on", "type=tmpfs"), kFolder),
      "/srv/brick lies in memory (tmpfs), and would be empty after a boot: name a folder on a "
      "disk");
  EXPECT_EQ(
      refusal(HostLook().with("lies-on", "type=exfat"), kFolder),
      "/srv/brick lies on exfat, where GlusterFS cannot keep its attributes: name a folder on "
      "xfs, ext4 or btrfs");
  EXPECT_TRUE(decide(HostLook().with("lies-on", "type=ext4"), kFolder).ok());
}

}  // namespace
}  // namespace bramble::provision
