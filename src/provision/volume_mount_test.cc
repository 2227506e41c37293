// SPDX-License-Identifier: Apache-2.0
#include "provision/volume_mount.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/text.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The step on the node "one", whose look is answered with this.
class MountOn {
 public:
  explicit MountOn(std::string look) {
    cluster_.ssh.user = "pi";
    cluster_.nodes = {{.name = "one"}, {.name = "two"}, {.name = "three"}};
    auto host = std::make_unique<FakeHost>("one");
    host_ = host.get();
    host->answer("section unit", std::move(look));
    host->answer("", "");
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("one", std::move(host));
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }
  Result<std::vector<std::string>> plan() const {
    const std::vector<Change> changes = TRY(volume_mount_step()->plan(*site_, "one"));
    std::vector<std::string> lines;
    for (const Change& change : changes) lines.push_back(change.what);
    return lines;
  }
  // The unit that apply writes; "" where it writes none.
  std::string unit() const {
    EXPECT_TRUE(volume_mount_step()->apply(*site_, "one").ok());
    for (const Script& script : host_->asked())
      if (!script.input.empty()) return script.input;
    return "";
  }

 private:
  Cluster cluster_;
  FakeHost* host_ = nullptr;
  std::unique_ptr<Site> site_;
};

// The process that a unit started, and all else as it shall be.
std::string running(const std::string& unit) {
  const std::size_t start = unit.find("ExecStart=") + sizeof "ExecStart=" - 1;
  return "@@ unit\n" + unit + "@@ command\n" + unit.substr(start, unit.find('\n', start) - start) +
         " \n";
}

constexpr std::string_view kRunning =
    "@@ enabled\nenabled\n@@ active\nactive\n@@ mounted\nfuse.glusterfs\n@@ source\none:web\n@@ "
    "owner\n";

TEST(VolumeMount, IsMadeOnAFreshNode) {
  EXPECT_THAT(*MountOn("").plan(),
              ElementsAre("mount the volume web at /srv/web, now and at boot (bramble-mount)",
                          "give the volume's folder to pi"));
}

TEST(VolumeMount, AsksItsOwnNodeFirstAndThenTheOthers) {
  EXPECT_THAT(MountOn("").unit(), HasSubstr(" --volfile-server=one --volfile-server=two "
                                            "--volfile-server=three --volfile-id=web /srv/web\n"));
}

TEST(VolumeMount, NeverServesPagesOfAFileThatAnotherNodeOverwrote) {
  EXPECT_THAT(MountOn("").unit(), HasSubstr(" --fopen-keep-cache=off --auto-invalidation=on "));
}

TEST(VolumeMount, IsLeftAloneWhenAllIsWell) {
  const std::string look = running(MountOn("").unit()) + std::string(kRunning) + "pi\n@@ content\n";
  EXPECT_THAT(*MountOn(look).plan(), IsEmpty());
  EXPECT_THAT(*MountOn(look + "@@ reload\nyes\n").plan(),
              ElementsAre("make systemd read again how the volume is mounted"));
}

// Its unit was written, and then `up` was interrupted.
TEST(VolumeMount, IsMadeAnewWhereItRunsAsAnOlderUnitHadIt) {
  const std::string unit = MountOn("").unit();
  std::string older = unit;
  older.replace(older.find(" --fopen-keep-cache=off"), 23, "");
  std::string look = running(older) + std::string(kRunning) + "pi\n";
  look.replace(look.find(older), older.size(), unit);
  EXPECT_THAT(*MountOn(look).plan(),
              ElementsAre("mount the volume web at /srv/web, now and at boot (bramble-mount)"));
}

TEST(VolumeMount, ComesBackWhereItWasLost) {
  const std::string look = "@@ unit\n" + MountOn("").unit() +
                           "@@ enabled\nenabled\n@@ active\nactive\n@@ mounted\n@@ owner\n";
  EXPECT_THAT(MountOn(look).plan()->front(), HasSubstr("mount the volume web at /srv/web"));
}

TEST(VolumeMount, RefusesAFolderWhereSomethingElseIsMounted) {
  const auto disk = MountOn("@@ mounted\next4\n@@ source\n/dev/sda1\n").plan();
  ASSERT_FALSE(disk.ok());
  EXPECT_EQ(disk.error().what,
            "one: /dev/sda1 (ext4) is mounted at /srv/web, where the volume web shall be: mount it "
            "elsewhere, or give the volume another name");
  EXPECT_FALSE(MountOn("@@ mounted\nfuse.glusterfs\n@@ source\none:photos\n").plan().ok());
}

TEST(VolumeMount, UnmountsNothingButGluster) {
  const std::string unit = MountOn("").unit();
  for (const std::string_view line : lines(unit)) {
    if (line.find("umount") == std::string_view::npos) continue;
    EXPECT_THAT(line, HasSubstr("findmnt -rn -t fuse.glusterfs --mountpoint /srv/web && umount"));
  }
}

TEST(VolumeMount, RefusesAFolderThatHoldsFiles) {
  const auto plan = MountOn("@@ content\nold\nphotos\n").plan();
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().what,
            "one: /srv/web is not empty (it has old, photos): the volume shall be mounted there; "
            "move these files away");
}

}  // namespace
}  // namespace bramble::provision
