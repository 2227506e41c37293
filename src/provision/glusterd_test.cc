// SPDX-License-Identifier: Apache-2.0
#include "provision/glusterd.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "base/text.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kVolfile = "/etc/glusterfs/glusterd.vol";
constexpr const char* kDebian =
    "volume management\n    type mgmt/glusterd\n    option ping-timeout 0\nend-volume\n";

// A node with files, and a glusterd that was started with some of them.
class GlusterNode {
 public:
  GlusterNode() {
    cluster_.nodes = {{.name = "one"}, {.name = "two"}, {.name = "three"}};
    auto host = std::make_unique<FakeHost>("one");
    host_ = host.get();
    host->react("section volfile", [this](const Script&) { return Outcome{.out = look()}; });
    host->react(".bramble-new", [this](const Script& put) {
      files[std::string(trim(std::string_view(put.text).substr(5, put.text.find('\n') - 5)))] =
          put.input;
      return Outcome{};
    });
    host->answer("", "");
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("one", std::move(host));
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }

  std::vector<std::string> plan() const {
    std::vector<std::string> lines;
    const Result<std::vector<Change>> changes = glusterd_step()->plan(*site_, "one");
    for (const Change& change : *changes) lines.push_back(change.what);
    return lines;
  }
  std::string applied() const {
    EXPECT_TRUE(glusterd_step()->apply(*site_, "one").ok());
    return host_->asked().back().text;
  }

  // All files are as they shall be, and glusterd was started with them.
  void run() {
    (void)applied();
    ends = "enabled\nactive";
    enabled = "enabled";
    active = "active";
    started_with = files[kVolfile];
    environment = "TAR_OPTIONS=--format=posix";
  }

  std::map<std::string, std::string> files = {{kVolfile, kDebian}};
  std::string ends, enabled, active, reload, started_with, environment;

 private:
  std::string look() {
    return "@@ volfile\n" + files[kVolfile] + "@@ dropin\n" +
           files["/etc/systemd/system/glusterd.service.d/bramble.conf"] + "@@ wait\n" +
           files["/usr/local/lib/bramble/wait-for-brick"] + "@@ end\n" +
           files["/etc/systemd/system/bramble-bricks.service"] +
           files["/usr/local/lib/bramble/end-bricks"] + "@@ ends\n" + ends + "\n@@ enabled\n" +
           enabled + "\n@@ active\n" + active + "\n@@ reload\n" + reload + "\n@@ started-with\n" +
           started_with + "@@ environment\n" + environment + "\n";
  }

  Cluster cluster_;
  FakeHost* host_ = nullptr;
  std::unique_ptr<Site> site_;
};

TEST(GlusterdStep, MakesAFreshMachineReady) {
  GlusterNode node;
  EXPECT_THAT(node.plan(), ElementsAre("set ping-timeout 10 in /etc/glusterfs/glusterd.vol",
                                       "make glusterd wait for the brick's mount at boot",
                                       "end the brick in time when the machine shuts down",
                                       "enable and start glusterd"));
  node.run();
  EXPECT_THAT(node.files[kVolfile], HasSubstr("option ping-timeout 10\n"));
  EXPECT_THAT(node.plan(), IsEmpty());
}

TEST(GlusterdStep, StartsAGlusterdAgainThatRunsWithOlderOptions) {
  GlusterNode node;
  node.run();
  node.started_with = kDebian;
  EXPECT_THAT(node.plan(), ElementsAre("start glusterd again: it runs with older settings than "
                                       "there are"));
  const std::string script = node.applied();
  EXPECT_THAT(script, HasSubstr("systemctl stop glusterd\n"));
  EXPECT_THAT(script, HasSubstr("systemctl start glusterd\n"));
}

TEST(GlusterdStep, StartsAGlusterdAgainThatWasStartedWithoutItsDropIn) {
  GlusterNode node;
  node.run();
  node.environment = "";
  EXPECT_THAT(node.plan(), ElementsAre("start glusterd again: it runs with older settings than "
                                       "there are"));
  EXPECT_THAT(node.applied(), HasSubstr("systemctl stop glusterd\n"));
}

TEST(GlusterdStep, MakesSystemdReadWhatAnInterruptedRunWrote) {
  GlusterNode node;
  node.run();
  node.reload = "yes";
  EXPECT_THAT(node.plan(),
              ElementsAre("make systemd read again how glusterd is started and ended"));
  const std::string script = node.applied();
  EXPECT_THAT(script, HasSubstr("systemctl daemon-reload\n"));
  EXPECT_THAT(script, Not(HasSubstr("systemctl stop glusterd\n")));
}

TEST(GlusterdStep, LetsGlusterdNoteWhatItWasStartedWith) {
  GlusterNode node;
  node.run();
  EXPECT_THAT(node.files["/etc/systemd/system/glusterd.service.d/bramble.conf"],
              HasSubstr("\nExecStartPre=-/bin/cp /etc/glusterfs/glusterd.vol "
                        "/run/bramble-glusterd.vol\n"));
}

TEST(Glusterd, WaitsOffsiteForTheBrickThatLiesThere) {
  Cluster cluster{.nodes = {{.name = "one"}, {.name = "two"}, {.name = "three"}},
                  .offsite = Machine{.name = "away", .role = Role::kOffsite},
                  .offsite_brick = Brick{Brick::Kind::kFolder, "/srv/copy"}};
  auto away = std::make_unique<FakeHost>("away");
  const FakeHost& host = *away;
  away->answer("section volfile", "@@ volfile\n" + std::string(kDebian)).answer("", "");
  std::map<std::string, std::unique_ptr<Host>> hosts;
  hosts.emplace("away", std::move(away));
  const Site site(cluster, std::move(hosts));
  const Result<void> applied = glusterd_step()->apply(site, "away");
  ASSERT_TRUE(applied.ok()) << applied.error().what;
  std::string all;
  for (const Script& script : host.asked()) all += script.text + script.input;
  EXPECT_THAT(all, HasSubstr("the brick's folder /srv/copy/web is not there"));
  EXPECT_THAT(all, Not(HasSubstr("/srv/brick/web")));
}

}  // namespace
}  // namespace bramble::provision
