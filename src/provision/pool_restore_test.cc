// SPDX-License-Identifier: Apache-2.0
#include "provision/pool_restore.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>

#include "base/file.hh"
#include "base/process.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::map<std::string, std::string> kIdentities = {{"n1", "01"}, {"n2", "02"}, {"n3", "03"}};

constexpr std::string_view kVolumeOfThree =
    "@@ volume\nVolume Name: web\nVolume ID: 6e2bb4a5-6d8e\nStatus: Started\nBricks:\n"
    "Brick1: n1:/srv/brick/web\nBrick2: n2:/srv/brick/web\nBrick3: n3:/srv/brick/web\n";
constexpr std::string_view kFresh = "@@ peers\nUUID\tHostname\tState\n77\tlocalhost\tConnected\n";

// Three nodes that have the volume, each in its place.
class Nodes {
 public:
  Nodes() {
    std::map<std::string, std::unique_ptr<Host>> hosts;
    for (const auto& [name, uuid] : kIdentities) {
      cluster_.nodes.push_back({.name = name, .address = "192.168.2." + uuid});
      looks[name] = in_its_place(name);
      auto host = std::make_unique<FakeHost>(name);
      host->react("section mark",
                  [this, name](const Script&) { return Outcome{.out = looks[name]}; });
      host->react("section filling",
                  [this, name](const Script&) { return Outcome{.out = copies[name]}; });
      copies[name] = "@@ present\nyes\n";
      host->answer("section folder", std::string(kVolumeOfThree) + "@@ folder\n1000:0 755\n");
      if (name != "n1") host->answer("", "");
      hosts_[name] = host.get();
      hosts.emplace(name, std::move(host));
    }
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }

  static std::string in_its_place(const std::string& self) {
    std::string look = "@@ peers\nUUID\tHostname\tState\n";
    for (const auto& [name, uuid] : kIdentities)
      look += fmt::format("{}\t{}\tConnected\n", uuid, name == self ? "localhost" : name);
    return look + std::string(kVolumeOfThree) +
           "@@ volumes\nweb\n@@ mark\nyes\n@@ content\nindex.html\n";
  }

  // "n2 as 02, says n1", "nobody", or the refusal.
  std::string found() const {
    const auto found = find_restoration(*site_);
    if (!found.ok()) return found.error().what;
    if (!*found) return "nobody";
    return fmt::format("{} as {}, says {}", (*found)->node, (*found)->uuid, (*found)->witness);
  }
  const Site& site() const { return *site_; }
  FakeHost& host(const std::string& name) { return *hosts_.at(name); }
  std::vector<std::string> asked(const std::string& name) const {
    std::vector<std::string> all;
    for (const Script& script : hosts_.at(name)->asked()) all.push_back(script.text);
    return all;
  }

  std::map<std::string, std::string> looks;
  std::map<std::string, std::string> copies;  // what is known of their bricks' wholeness

 private:
  Cluster cluster_;
  std::map<std::string, FakeHost*> hosts_;
  std::unique_ptr<Site> site_;
};

TEST(PoolRestore, FindsNobodyWhereAllAreInTheirPlace) { EXPECT_EQ(Nodes().found(), "nobody"); }

TEST(PoolRestore, FindsNobodyWhereThereIsNoVolumeYet) {
  Nodes nodes;
  for (auto& [name, look] : nodes.looks) look = kFresh;
  EXPECT_EQ(nodes.found(), "nobody");
  nodes.looks["n1"] = "@@ peers\nUUID\tHostname\tState\n02\tn2\tConnected\n01\tlocalhost\t\n";
  EXPECT_EQ(nodes.found(), "nobody") << "the pool is being formed";
}

TEST(PoolRestore, FindsANodeThatWasInstalledAnew) {
  Nodes nodes;
  nodes.looks["n2"] = kFresh;
  EXPECT_EQ(nodes.found(), "n2 as 02, says n1");
  nodes.looks["n2"] = "@@ bare\nyes\n";
  EXPECT_EQ(nodes.found(), "n2 as 02, says n1") << "its packages are yet to come";
}

TEST(PoolRestore, FindsTheFirstNodeToo) {
  Nodes nodes;
  nodes.looks["n1"] = kFresh;
  EXPECT_EQ(nodes.found(), "n1 as 01, says n2");
}

TEST(PoolRestore, LeavesANodeAloneWhoseGlusterdIsDown) {
  Nodes nodes;
  nodes.looks["n2"] = "";
  EXPECT_EQ(nodes.found(), "nobody");
}

TEST(PoolRestore, LeavesBricksAloneThatAreOnlyNotMounted) {
  Nodes nodes;
  for (const char* name : {"n1", "n3"}) {
    std::string& look = nodes.looks[name];
    look.resize(look.find("@@ mark\n"));
    look += "@@ absent\nyes\n@@ mark\n@@ content\n";
  }
  EXPECT_EQ(nodes.found(), "nobody");
  EXPECT_THAT(nodes.asked("n1").back(), HasSubstr("\njournal=/var/lib/bramble/brick"));
}

TEST(PoolRestore, FindsANodeThatWasInstalledAnewThoughItsBrickIsNotMounted) {
  Nodes nodes;
  nodes.looks["n2"] = std::string(kFresh) + "@@ absent\nyes\n";
  EXPECT_EQ(nodes.found(), "n2 as 02, says n1");
}

TEST(PoolRestore, GoesOnWhereItWasInterrupted) {
  Nodes nodes;
  nodes.looks["n2"] = "@@ peers\nUUID\tHostname\tState\n02\tlocalhost\tConnected\n";
  EXPECT_EQ(nodes.found(), "n2 as 02, says n1") << "has its identity, but knows nobody";
  nodes.looks["n2"] = Nodes::in_its_place("n2");
  nodes.looks["n2"].replace(nodes.looks["n2"].find("@@ mark"), std::string::npos, "");
  EXPECT_EQ(nodes.found(), "n2 as 02, says n1") << "its brick is not marked";
  nodes.looks["n2"] = Nodes::in_its_place("n2") + "@@ begun\nyes\n";
  EXPECT_EQ(nodes.found(), "n2 as 02, says n1") << "its brick has not all names";
}

TEST(PoolRestore, RefusesANodeThatHoldsAnything) {
  Nodes nodes;
  nodes.looks["n2"] = std::string(kFresh) + "@@ content\nphotos\n";
  EXPECT_EQ(nodes.found(),
            "n2 is in GlusterFS's pool as 02, says n1, but its glusterd is 77 and has files in "
            "/srv/brick/web (photos): it is not a node that was installed anew. Give it its place "
            "with gluster(8), or move away what it has there");
  nodes.looks["n2"] = std::string(kFresh) + "@@ volumes\nvms\n";
  EXPECT_THAT(nodes.found(), HasSubstr("has volumes of its own (vms)"));
  nodes.looks["n2"] = std::string(kFresh) + "55\tstranger\tConnected\n";
  EXPECT_THAT(nodes.found(), HasSubstr("has peers of its own"));
}

TEST(PoolRestore, RefusesTwoAtATime) {
  Nodes nodes;
  nodes.looks["n1"] = kFresh;
  nodes.looks["n3"] = kFresh;
  EXPECT_THAT(nodes.found(), HasSubstr("n1 and n3 have both lost their place"));
}

TEST(PoolRestore, RefusesWhereNoOtherBrickIsWhole) {
  Nodes nodes;
  nodes.looks["n2"] = kFresh;
  nodes.copies["n1"] = "@@ filling\nyes\n@@ present\nyes\n";
  EXPECT_EQ(nodes.found(), "n2 as 02, says n1") << "there is the other";
  nodes.copies["n3"] = nodes.copies["n1"];
  EXPECT_THAT(nodes.found(), HasSubstr("n2 is not filled: it may be the only one that had"));
}

// Who holds the same files could not be told then.
TEST(PoolRestore, RefusesWhereTheFileAsksForOtherBricks) {
  Nodes nodes;
  for (auto& [name, look] : nodes.looks)
    look.insert(look.find("@@ volumes"), "Brick4: n4:/srv/brick/web\n");
  nodes.looks["n2"] = kFresh;
  EXPECT_THAT(nodes.found(), HasSubstr("n4:/srv/brick/web, but the file asks for n1:"));
}

TEST(PoolRestore, GivesIdentityAndBrickBackAndLetsTheOthersFillIt) {
  Nodes nodes;
  nodes.looks["n2"] = kFresh;
  const auto found = find_restoration(nodes.site());
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->source.node, "n1");
  nodes.host("n1").answer("", "");
  ASSERT_TRUE(restore(nodes.site(), **found).ok());
  for (const char* other : {"n1", "n3"})
    EXPECT_THAT(nodes.asked(other), Contains(HasSubstr("number=1\n\nattribute=trusted.afr.")))
        << other;
  const std::vector<std::string> second = nodes.asked("n2");
  ASSERT_EQ(second.size(), 4U);
  EXPECT_THAT(second[1],
              HasSubstr("uuid=02\npeers='01=n1 03=n3'\nid=6e2bb4a56d8e\nowner=1000:0\n"));
  EXPECT_THAT(nodes.asked("n1").back(), HasSubstr("xargs -0 -r -n 1000"));
  EXPECT_THAT(second[2], HasSubstr("comm -z -23"));
  EXPECT_THAT(second[3], HasSubstr("echo content >\"$mark\""));
}

// n3 is whole, and the only one that knows what n1 lacks.
TEST(PoolRestore, MarksTheOthersThatLackSomething) {
  Nodes nodes;
  nodes.looks["n2"] = kFresh;
  nodes.copies["n3"] = "@@ present\nyes\n@@ accused\n 5 0\n";
  const auto found = find_restoration(nodes.site());
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->source.node, "n3");
  nodes.host("n1").answer("", "");
  ASSERT_TRUE(restore(nodes.site(), **found).ok());
  EXPECT_THAT(nodes.asked("n1").back(), HasSubstr("|| echo content >\"$mark\""));
  EXPECT_THAT(nodes.asked("n3"), Not(Contains(HasSubstr("echo content"))));
  EXPECT_THAT(nodes.asked("n3"), Contains(HasSubstr("xargs -0 -r -n 1000")));
}

TEST(PoolRestore, IsNotDoneBeforeTheOthersThatLackSomethingAreMarked) {
  Nodes nodes;
  nodes.looks["n2"] = kFresh;
  nodes.copies["n3"] = "@@ present\nyes\n@@ accused\n 5 0\n";
  nodes.host("n1").answer("echo content", Outcome{.status = 1}).answer("", "");
  const auto found = find_restoration(nodes.site());
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_FALSE(restore(nodes.site(), **found).ok());
  EXPECT_THAT(nodes.asked("n2"), Not(Contains(HasSubstr("echo content"))));
}

TEST(PoolRestore, AccusesTheRootOfLackingEntriesForAFullHeal) {
  const auto accused = [](const std::string& before) {
    std::string place = "/tmp/bramble-pool-restore-XXXXXX";
    EXPECT_NE(::mkdtemp(place.data()), nullptr);
    fs::create_directories(place + "/.glusterfs/indices/xattrop");
    Nodes nodes;
    nodes.looks["n2"] = kFresh;
    nodes.host("n1").react("setfattr", [&](const Script& script) {
      std::string text = script.text;
      text.replace(text.find("/srv/brick/web"), 14, place);
      return run(
          {.argv = {"sh", "-euc",
                    "getfattr() { echo \"# file: /\n" + before +
                        "\"; }\nsetfattr() { echo \"$2=$4\" >" + place + "/set; }\n" + text}});
    });
    nodes.host("n1").answer("", "");
    const auto found = find_restoration(nodes.site());
    EXPECT_TRUE(found.ok() && *found && restore(nodes.site(), **found).ok());
    EXPECT_TRUE(fs::exists(place + "/.glusterfs/indices/xattrop/00000000-0000-0000-0000-"
                                   "000000000001"));
    const std::string set = read_file(place + "/set").value();
    fs::remove_all(place);
    return set;
  };
  const std::string name = "trusted.afr.web-client-1=";
  EXPECT_EQ(accused(""), name + "0x000000010000000000000001\n");
  EXPECT_EQ(accused(name + "0x000000000000000700000000"), name + "0x000000010000000700000001\n");
  EXPECT_EQ(accused(name + "0x000000000000000700000020"), name + "0x000000010000000700000020\n");
}

TEST(PoolRestore, IsNotDoneBeforeTheBrickHasAllNames) {
  Nodes nodes;
  nodes.looks["n2"] = kFresh;
  nodes.host("n1").react("xargs -0", [](const Script&) { return Outcome{.status = 1}; });
  const auto found = find_restoration(nodes.site());
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_FALSE(restore(nodes.site(), **found).ok());
  EXPECT_THAT(nodes.asked("n2").back(), Not(HasSubstr("echo content")));
}

}  // namespace
}  // namespace bramble::provision
