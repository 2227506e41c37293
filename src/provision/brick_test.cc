// SPDX-License-Identifier: Apache-2.0
#include "provision/brick.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kFreshCard = R"(@@ uuid
0b0f6c3e-6d0a-4c39-9d8e-0a5a5a1b2c3d
@@ disk
node=/dev/loop3
bytes=4294967296
@@ table
label: dos
label-id: 0x5be853c5
device: /dev/loop3
unit: sectors
sector-size: 512

/dev/loop3p1 : start=        8192, size=      131072, type=c, bootable
/dev/loop3p2 : start=      139264, size=     3072000, type=83
)";

// A cluster whose first node answers as told; the host outlives nothing but this.
struct Fixture {
  Fixture() {
    cluster.nodes = {{.name = "n1"}, {.name = "n2"}, {.name = "n3"}};
    auto owned = std::make_unique<FakeHost>("n1");
    host = owned.get();
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("n1", std::move(owned));
    site = std::make_unique<Site>(cluster, std::move(hosts));
    host->answer("section journal", std::string(kFreshCard));
  }
  // The scripts that were run, each by the first of these words in it.
  std::vector<std::string> order(const std::vector<std::string>& marks) const {
    std::vector<std::string> seen;
    for (const Script& script : host->asked())
      for (const std::string& mark : marks)
        if (script.text.find(mark) != std::string::npos) {
          seen.push_back(mark);
          break;
        }
    return seen;
  }

  Cluster cluster;
  FakeHost* host = nullptr;
  std::unique_ptr<Site> site;
};

TEST(BrickStep, WritesTheJournalBeforeThePartitionAndTheFilesystem) {
  Fixture f;
  f.host->answer("", "");
  ASSERT_TRUE(brick_step()->apply(*f.site, "n1").ok());
  EXPECT_THAT(
      f.order({"brick.journal\nmode", "section journal", "blkid -p -o export -O", "sfdisk --quiet",
               "partx --add", "mkfs.xfs", "fstab.bramble-new", "mount /srv/brick",
               "mkdir -p /srv/brick/web"}),
      testing::ElementsAre("section journal", "blkid -p -o export -O", "brick.journal\nmode",
                           "sfdisk --quiet", "partx --add", "mkfs.xfs", "brick.journal\nmode",
                           "fstab.bramble-new", "mount /srv/brick", "mkdir -p /srv/brick/web"));
}

TEST(BrickStep, AFolderIsOnTheDiskBeforeTheJournalSaysSo) {
  Fixture f;
  f.cluster.volume.brick = {.kind = Brick::Kind::kFolder, .path = "/data/brick"};
  f.host->forget_answers();
  f.host->answer("section journal",
                 "@@ uuid\n0b0f6c3e-6d0a-4c39-9d8e-0a5a5a1b2c3d\n"
                 "@@ lies-on\nsource=/dev/sda1\ntype=ext4\n");
  f.host->answer("", "");
  const Result<void> applied = brick_step()->apply(*f.site, "n1");
  ASSERT_TRUE(applied.ok()) << applied.error().what;
  EXPECT_THAT(f.order({"brick.journal\nmode", "sync -f /data/brick/web"}),
              testing::ElementsAre("brick.journal\nmode", "sync -f /data/brick/web",
                                   "brick.journal\nmode"));
}

TEST(BrickStep, FormatsNothingWhereTheKernelSeesThePartitionElsewhere) {
  Fixture f;
  f.host->react("/sys/class/block/", [](const Script& script) -> Result<Outcome> {
    EXPECT_THAT(script.text, testing::HasSubstr("start=3211264\nsectors=5177344\n"));
    return Outcome{.status = 1, .err = "reboot, then run `bramble up` again\n"};
  });
  f.host->answer("", "");
  const Result<void> applied = brick_step()->apply(*f.site, "n1");
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().what, "n1: reboot, then run `bramble up` again");
  EXPECT_THAT(f.order({"mkfs.xfs", "fstab.bramble-new", "mount /srv/brick"}), testing::IsEmpty());
}

TEST(BrickStep, LocksWhereNoOtherUserMayEnter) {
  Fixture f;
  f.host->answer("", "");
  ASSERT_TRUE(brick_step()->apply(*f.site, "n1").ok());
  const std::string lock = "exec 9>/run/bramble-locks/brick\nflock -w 60 9\n";
  EXPECT_THAT(f.order({lock, "flock"}), testing::ElementsAre(lock, lock, lock, lock));
}

TEST(BrickStep, RefusesFreeSpaceThatHoldsADeletedPartition) {
  Fixture f;
  f.host->answer("blkid -p -o export -O", "TYPE=ext4\nUSAGE=filesystem\nLABEL=photos\n");
  const auto plan = brick_step()->plan(*f.site, "n1");
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().what,
            "n1: the free space of /dev/loop3 behind the last partition holds an ext4 filesystem "
            "labelled photos, perhaps of a deleted partition; if it is of no use, erase its "
            "beginning with: blkdiscard --zeroout --offset 1644167168 --length 16MiB /dev/loop3");
}

TEST(BrickStep, ChangesNothingAfterARefusal) {
  Fixture f;
  f.host->answer("blkid -p -o export -O", "TYPE=ext4\n");
  f.host->answer("", "");
  EXPECT_FALSE(brick_step()->apply(*f.site, "n1").ok());
  EXPECT_EQ(f.host->asked().size(), 2U);  // the look and the probe
}

TEST(BrickStep, LooksOffsiteWhereTheFilePutsTheBrickThere) {
  Cluster cluster{.nodes = {{.name = "n1"}, {.name = "n2"}, {.name = "n3"}},
                  .offsite = Machine{.name = "away", .role = Role::kOffsite},
                  .offsite_brick = Brick{Brick::Kind::kFolder, "/srv/copy"}};
  auto away = std::make_unique<FakeHost>("away");
  const FakeHost& host = *away;
  away->answer("", "");
  std::map<std::string, std::unique_ptr<Host>> hosts;
  hosts.emplace("away", std::move(away));
  const Site site(cluster, std::move(hosts));
  (void)brick_step()->plan(site, "away");
  EXPECT_THAT(host.asked().at(0).text, testing::HasSubstr("/srv/copy/web"));
}

}  // namespace
}  // namespace bramble::provision
