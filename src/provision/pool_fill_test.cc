// SPDX-License-Identifier: Apache-2.0
// The scripts are run here, on folders that stand for bricks; a `stat` of ours is the volume, which
// makes on the fresh brick what is looked up.
#include "provision/pool_fill.hh"

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
using testing::HasSubstr;

std::string replaced(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

class PoolFill : public testing::Test {
 protected:
  PoolFill() {
    EXPECT_NE(::mkdtemp(place_.data()), nullptr);
    for (const char* folder : {"n1/.glusterfs/aa", "n1/a folder", "n2/.glusterfs"})
      fs::create_directories(place_ + "/" + folder);
    for (const char* name : {"n1/index.html", "n1/a folder/two\nlines", "n1/.glusterfs/aa/bb"})
      file(name);
    fs::create_directories(place_ + "/mount/.meta/graphs/active/web-client-1");
    EXPECT_TRUE(
        write_file(place_ + "/mount/.meta/graphs/active/web-client-1/private", "connected = 1\n")
            .ok());
    for (const char* name : {"findmnt", "gluster", "sleep"}) program(name, "exit 0");
    volume("");
    std::map<std::string, std::unique_ptr<Host>> hosts;
    for (const std::string name : {"n1", "n2", "n3"}) {
      cluster_.nodes.push_back({.name = name});
      auto host = std::make_unique<FakeHost>(name);
      host->react("", [this, name](const Script& script) {
        const std::string text =
            replaced(replaced(script.text, "/srv/brick/web", place_ + "/" + name), "/srv/web",
                     place_ + "/mount");
        return run({.argv = {"sh", "-euc", fmt::format("PATH={}:$PATH\n{}", place_, text)},
                    .input = script.input});
      });
      hosts.emplace(name, std::move(host));
    }
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }
  ~PoolFill() override { fs::remove_all(place_); }

  void program(const std::string& name, const std::string& script) const {
    const std::string path = place_ + "/" + name;
    EXPECT_TRUE(write_file(path, "#!/bin/sh\nplace=" + place_ + "\n" + script + "\n").ok());
    fs::permissions(path, fs::perms::owner_all);
  }
  void file(const std::string& name) const {
    EXPECT_TRUE(write_file(place_ + "/" + name, "").ok());
  }
  // What happens before each walk's names are made.
  void volume(const std::string& fault) const {
    program("stat", fault + R"sh(
for name; do
  if [ -d "$place/n1/$name" ]; then mkdir -p "$place/n2/$name"; else : >"$place/n2/$name"; fi
done)sh");
  }

  Result<void> fill() const { return fill_brick(*site_, "n2", "n1"); }
  bool has(const std::string& name) const { return fs::exists(place_ + "/n2/" + name); }

 private:
  std::string place_ = "/tmp/bramble-pool-fill-XXXXXX";
  Cluster cluster_;
  std::unique_ptr<Site> site_;
};

TEST_F(PoolFill, AllNamesOfASiblingAreMade) {
  const Result<void> filled = fill();
  EXPECT_TRUE(filled.ok()) << filled.error().what;
  EXPECT_TRUE(has("index.html"));
  EXPECT_TRUE(has("a folder/two\nlines"));
  EXPECT_FALSE(has(".glusterfs/aa")) << "GlusterFS's own";
}

TEST_F(PoolFill, WhatAWalkDidNotMakeIsLookedUpOnceMore) {
  volume("[ -e $place/walked ] || { touch $place/walked; exit 1; }");
  const Result<void> filled = fill();
  EXPECT_TRUE(filled.ok()) << filled.error().what;
  EXPECT_TRUE(has("a folder/two\nlines"));
}

TEST_F(PoolFill, ThereAreAsManyRoundsAsItTakes) {
  for (int i = 0; i < 9; ++i) file("n1/page" + std::to_string(i));
  volume("for name; do [ -e \"$place/n2/$name\" ] || { set -- \"$name\"; break; }; done");
  const Result<void> filled = fill();
  EXPECT_TRUE(filled.ok()) << filled.error().what;
  EXPECT_TRUE(has("page8"));
}

TEST_F(PoolFill, NamesThatAreNeverMadeAreAFault) {
  volume("exit 1");
  const Result<void> filled = fill();
  ASSERT_FALSE(filled.ok());
  EXPECT_THAT(filled.error().what,
              HasSubstr("n2: the brick lacks names that the one of n1 has, 3 of them: ./a folder "
                        "./a folder/two?lines ./index.html ... If bramble up"));
}

TEST_F(PoolFill, WhatIsRemovedMeanwhileIsNoFault) {
  volume("rm -f $place/n1/index.html; [ -e $place/walked ] || { touch $place/walked; exit 1; }");
  const Result<void> filled = fill();
  EXPECT_TRUE(filled.ok()) << filled.error().what;
  EXPECT_FALSE(has("index.html"));
}

TEST_F(PoolFill, AMountThatDoesNotAnswerIsAFault) {
  program("grep", "exit 2");
  const Result<void> filled = fill();
  ASSERT_FALSE(filled.ok());
  EXPECT_THAT(filled.error().what, HasSubstr("has no connection to the fresh brick"));
}

}  // namespace
}  // namespace bramble::provision
