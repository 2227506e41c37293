// SPDX-License-Identifier: Apache-2.0
// The step's scripts are run here, with dpkg and apt-get that only note what they were told.
#include "provision/packages.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>

#include "base/file.hh"
#include "base/process.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Packages : public testing::Test {
 protected:
  Packages() {
    EXPECT_NE(::mkdtemp(place_.data()), nullptr);
    program("apt-get", "echo apt-get \"$@\" >> $place/told");
    program("dpkg", "echo dpkg \"$@\" >> $place/told");
    program("dpkg-query", "cat $place/states 2>/dev/null || :");
    program("sleep", "echo sleep \"$@\" >> $place/told");
    cluster_.nodes = {{.name = "one"}, {.name = "two"}, {.name = "three"}};
    auto host = std::make_unique<FakeHost>("one");
    host_ = host.get();
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("one", std::move(host));
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }
  ~Packages() override { fs::remove_all(place_); }

  void program(const std::string& name, const std::string& script) const {
    const std::string path = place_ + "/" + name;
    EXPECT_TRUE(write_file(path, "#!/bin/sh\nplace=" + place_ + "\n" + script + "\n").ok());
    fs::permissions(path, fs::perms::owner_all);
  }

  Result<void> apply(const std::string& look) {
    host_->answer("wanted=", look);
    host_->react("", [this](const Script& script) {
      return run({.argv = {"sh", "-euc", fmt::format("PATH={}:$PATH\n{}", place_, script.text)}});
    });
    return packages_step()->apply(*site_, "one");
  }

  // As dpkg-query tells of packages.
  void states(const std::string& text) const {
    EXPECT_TRUE(write_file(place_ + "/states", text).ok());
  }

  std::string told() const {
    const Result<std::string> told = read_file(place_ + "/told");
    return told.ok() ? *told : "";
  }

 private:
  std::string place_ = "/tmp/bramble-packages-XXXXXX";
  Cluster cluster_;
  FakeHost* host_ = nullptr;
  std::unique_ptr<Site> site_;
};

TEST_F(Packages, MissingOnesAreInstalledAndNothingElseIsTouched) {
  ASSERT_TRUE(apply("missing= attr curl\ninterrupted=no\n").ok());
  EXPECT_THAT(told(), HasSubstr("DPkg::Lock::Timeout=300"));
  EXPECT_THAT(told(), HasSubstr("install attr curl\n"));
  EXPECT_THAT(told(), Not(HasSubstr("dpkg --configure")));
}

TEST_F(Packages, AnInterruptedInstallationIsFinished) {
  ASSERT_TRUE(apply("missing=\ninterrupted=yes\n").ok());
  EXPECT_EQ(told(), "dpkg --configure -a\n");
}

TEST_F(Packages, WhoElseInstallsIsWaitedFor) {
  program("dpkg", R"sh(
echo dpkg "$@" >> $place/told
[ ! -e $place/free ] || exit 0
touch $place/free
echo "dpkg: error: dpkg frontend lock was locked by another process with pid 7" >&2
exit 2)sh");
  ASSERT_TRUE(apply("missing=\ninterrupted=yes\n").ok());
  EXPECT_EQ(told(), "dpkg --configure -a\nsleep 1\ndpkg --configure -a\n");
}

TEST_F(Packages, WhoElseReadsTheListsIsWaitedFor) {
  program("apt-get", R"sh(
echo apt-get "$@" >> $place/told
case "$*" in *update*) ;; *) exit 0 ;; esac
[ ! -e $place/free ] || exit 0
touch $place/free
echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)" >&2
exit 100)sh");
  program("find", "");  // no list is fresh
  const Result<void> done = apply("missing= attr\ninterrupted=no\n");
  EXPECT_TRUE(done.ok()) << done.error().what;
  EXPECT_THAT(told(), HasSubstr(" update\nsleep 1\n"));
  EXPECT_THAT(told(), HasSubstr(" install attr\n"));
}

TEST_F(Packages, WhatCannotBeFinishedIsToldInDpkgsWords) {
  program("dpkg", "echo 'dpkg: error processing package berry' >&2; exit 1");
  const Result<void> done = apply("missing=\ninterrupted=yes\n");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().what, "one: dpkg: error processing package berry");
}

TEST_F(Packages, WhatEndedWithinItsUnpackingIsGotAgain) {
  states("installed attr ok\nhalf-installed berry:amd64 reinstreq\nunpacked cherry ok\n");
  program("apt-get", R"sh(
echo apt-get "$@" >> $place/told
case "$*" in *--reinstall*berry:amd64) echo "installed berry ok" > $place/states;; esac)sh");
  const Result<void> done = apply("missing=\ninterrupted=yes\n");
  EXPECT_TRUE(done.ok()) << done.error().what;
  EXPECT_THAT(told(), HasSubstr(" install --no-remove -f\n"));
  EXPECT_THAT(told(), HasSubstr(" install --no-remove --reinstall berry:amd64\n"));
}

TEST_F(Packages, WhatDpkgAloneCannotConfigureAptFinishes) {
  states("half-configured berry ok\n");
  program("dpkg", "echo 'dpkg: dependency problems prevent configuration of berry' >&2; exit 1");
  program("apt-get", "echo apt-get \"$@\" >> $place/told; : > $place/states");
  const Result<void> done = apply("missing= attr\ninterrupted=yes\n");
  EXPECT_TRUE(done.ok()) << done.error().what;
  EXPECT_THAT(told(), HasSubstr(" install --no-remove -f\n"));
  EXPECT_THAT(told(), HasSubstr(" install attr\n"));
}

TEST_F(Packages, WhatNobodyCanFinishIsNamedWithWhatToDo) {
  states("half-installed berry reinstreq\ninstalled attr ok\nunpacked cherry ok\n");
  const Result<void> done = apply("missing= attr\ninterrupted=yes\n");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().what,
            "one: packages that an interrupted installation left half-way, and apt does not "
            "finish: berry cherry. Run apt-get -f install there, or apt-get install --reinstall "
            "berry cherry");
}

}  // namespace
}  // namespace bramble::provision
