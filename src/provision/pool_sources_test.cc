// SPDX-License-Identifier: Apache-2.0
#include "provision/pool_sources.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>

#include "base/file.hh"
#include "base/process.hh"
#include "cluster/addresses.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kWhole = "@@ filling\n@@ present\nyes\n@@ accused\n";
constexpr const char* kFilling = "@@ filling\nyes\n@@ present\nyes\n@@ accused\n";

// Six nodes, whose bricks are in the volume as n6, n5 … n1: n3 is lost, n2 and n1 are of its set;
// or n6, and n5 and n4 are as they.
class Sources {
 public:
  Sources(const std::string& n1, const std::string& n2) {
    std::map<std::string, std::unique_ptr<Host>> hosts;
    for (int i = 1; i <= 6; ++i) {
      const std::string name = "n" + std::to_string(i);
      cluster_.nodes.push_back({.name = name});
      bricks_.insert(bricks_.begin(), name + ":/srv/brick/web");
      auto host = std::make_unique<FakeHost>(name);
      if (i % 3 != 0) host->answer("xattrop", i % 3 == 1 ? n1 : n2);
      hosts.emplace(name, std::move(host));
    }
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }
  // The node, or the refusal.
  std::string found(const std::string& lost = "n3") const {
    const Result<Source> source = find_source(*site_, lost, bricks_);
    return source.ok() ? source->node : source.error().what;
  }

 private:
  Cluster cluster_;
  std::vector<std::string> bricks_;
  std::unique_ptr<Site> site_;
};

TEST(PoolSources, ABrickThatNobodyAccusesIsOne) {
  EXPECT_EQ(Sources(kWhole, kWhole).found(), "n2") << "the first of the set";
  EXPECT_EQ(Sources(kWhole, kWhole).found("n6"), "n5") << "nobody of another set is asked";
  EXPECT_EQ(Sources(kWhole + std::string("      3 4\n"), kWhole).found(), "n1");
  EXPECT_EQ(Sources(kWhole, kWhole + std::string("      7 3\n     12 5\n")).found(), "n2")
      << "the lost one is accused by all, as it is away";
}

TEST(PoolSources, ABrickThatIsBeingFilledIsNone) {
  EXPECT_EQ(Sources(kWhole, kFilling).found(), "n1");
}

// As GlusterFS heals neither while the lost one is away.
TEST(PoolSources, BricksThatLackOnlyWhatTheOtherHasAreSources) {
  EXPECT_EQ(
      Sources(kWhole + std::string("      3 4\n"), kWhole + std::string("      1 5\n")).found(),
      "n2");
  EXPECT_EQ(Sources(kWhole + std::string("      3 4\n"), "@@ filling\n").found(), "n1");
  EXPECT_EQ(
      Sources("@@ filling\n", "@@ filling\n").found(),
      "nobody is known to have all files to fill n3 with: the brick of n2 is not mounted; the "
      "brick of n1 is not mounted: let those be mounted first that are not");
}

TEST(PoolSources, WhileOneIsBeingFilledAWholeOneIsNeeded) {
  EXPECT_EQ(Sources(kFilling, kWhole + std::string("      1 5\n")).found(), "n2")
      << "n1 is accused";
  EXPECT_EQ(
      Sources(kFilling + std::string("      3 4\n"), kWhole).found(),
      "n3 is not filled: it may be the only one that had some of the files (n2 lacks changes of 3 "
      "files, says n1; n1 was being healed itself). Put its old disk back if you can, and let them "
      "heal; another node is safe to replace when `bramble status` counts 0 files to heal. If that "
      "disk is lost, so is what the others lack: remove /var/lib/bramble/brick-to-fill from n1, "
      "and "
      "run `bramble up` again");
  EXPECT_THAT(Sources(kFilling, "@@ filling\n").found(),
              HasSubstr("n1 was being healed itself: let those be mounted first that are not"))
      << "n2 may be whole";
}

// What they were filled from is lost, and with it what it knew of them.
TEST(PoolSources, BricksThatWereBothBeingFilledAreNoSources) {
  EXPECT_THAT(Sources(kFilling, kFilling).found(),
              HasSubstr("remove /var/lib/bramble/brick-to-fill from n2 and n1"));
}

// The script, on a brick whose index holds a file, a folder and a symlink.
TEST(PoolSources, AnIndexIsReadWhateverItsFilesAre) {
  std::string place = "/tmp/bramble-pool-sources-XXXXXX";
  ASSERT_NE(::mkdtemp(place.data()), nullptr);
  const std::string inner = place + "/.glusterfs/";
  fs::create_directories(inner + "indices/xattrop");
  for (const char* id : {"aabb-file", "aacc-folder", "aadd-link", "xattrop-base"})
    EXPECT_TRUE(write_file(inner + "indices/xattrop/" + id, "").ok());
  for (const char* folder : {"aa/bb", "aa/cc", "aa/dd"}) fs::create_directories(inner + folder);
  EXPECT_TRUE(write_file(inner + "aa/bb/aabb-file", "").ok());
  fs::create_symlink("../../..", inner + "aa/cc/aacc-folder");
  fs::create_symlink("current", inner + "aa/dd/aadd-link");
  const std::string program = place + "/getfattr";
  EXPECT_TRUE(write_file(program, R"(#!/bin/sh
first=$1
for path; do
  case $path in
    *file) value=0x000000010000000000000000 ;;
    */.) [ -d "$path" ] && value=0x000000000000000000000002 || continue ;;
    *link) [ "$first" = -h ] && value=0x000000000000000300000000 || continue ;;
    *) continue ;;
  esac
  echo "# file: $path"
  echo trusted.afr.dirty=0x000000000000000000000001
  echo trusted.afr.web-client-1=0x000000000000000000000000
  echo "trusted.afr.web-client-2=$value"
done
)")
                  .ok());
  fs::permissions(program, fs::perms::owner_all);
  Cluster cluster;
  std::map<std::string, std::unique_ptr<Host>> hosts;
  for (const std::string name : {"n1", "n2", "n3"}) {
    cluster.nodes.push_back({.name = name});
    auto host = std::make_unique<FakeHost>(name);
    host->react("", [&, name](const Script& script) {
      if (name == "n3") return Result<Outcome>(Outcome{.out = kFilling});
      std::string text = script.text;
      text.replace(text.find("/srv/brick/web"), 14, place);
      text.replace(text.find(kBrickToFill), kBrickToFill.size(), place + "/mark");
      return run({.argv = {"sh", "-euc", "PATH=" + place + ":$PATH\n" + text}});
    });
    hosts.emplace(name, std::move(host));
  }
  const Site site(cluster, std::move(hosts));
  const auto refusal = [&site] {
    const Result<Source> found =
        find_source(site, "n1", {"n1:/srv/brick/web", "n3:/srv/brick/web", "n2:/srv/brick/web"});
    return found.ok() ? found->node : found.error().what;
  };
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("(n3 was being healed itself; n2 lacks changes of 3 files, says n2)"),
                    HasSubstr("from n3, and")));
  EXPECT_TRUE(write_file(place + "/mark", "").ok());
  EXPECT_THAT(refusal(), HasSubstr("from n3 and n2, and"));
  fs::remove_all(place);
}

}  // namespace
}  // namespace bramble::provision
