// SPDX-License-Identifier: Apache-2.0
// The step's scripts are run here, with dpkg and apt-get that only note what they were told.
#include "provision/packages.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"
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
    // The state of one package, or of all.
    program("dpkg-query", R"sh(
case "$*" in
  *Abbrev*) awk -v name="$4" '$2 == name { print $1 == "installed" ? "ii " : "iF " }' \
    $place/states 2>/dev/null ;;
  *) cat $place/states 2>/dev/null || : ;;
esac)sh");
    // The clock goes on as scripts sleep.
    EXPECT_TRUE(write_file(place_ + "/told", "").ok());
    program("sleep", "echo sleep \"$@\" >> $place/told");
    program("cut", R"sh(
case "$*" in */proc/uptime) grep -c sleep $place/told || : ;; *) /usr/bin/cut "$@" ;; esac)sh");
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
    host_->forget_answers();
    host_->answer("wanted=", look);
    host_->react("", [this](const Script& script) { return run_here(script.text); });
    return packages_step()->apply(*site_, "one");
  }

  // What is planned of an interrupted installation.
  std::string planned() {
    host_->forget_answers();
    host_->react("", [this](const Script& script) { return run_here(script.text); });
    const Result<std::vector<Change>> changes = packages_step()->plan(*site_, "one");
    EXPECT_TRUE(changes.ok()) << changes.error().what;
    for (const Change& change : *changes)
      if (change.what.starts_with("finish")) return change.what;
    return "";
  }

  std::size_t seconds_slept() const {
    const std::string all = told();
    const std::vector<std::string_view> told_lines = lines(all);
    return static_cast<std::size_t>(std::count(told_lines.begin(), told_lines.end(), "sleep 1"));
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
  Result<Outcome> run_here(std::string script) const {
    for (const std::string folder : {"/var/lib/bramble", "/var/lib/dpkg/updates"}) {
      fs::create_directories(place_ + folder);
      for (std::size_t at = 0; (at = script.find(folder, at)) != std::string::npos;
           at += place_.size() + folder.size())
        script.insert(at, place_);
    }
    return run({.argv = {"sh", "-euc", fmt::format("PATH={}:$PATH\n{}", place_, script)}});
  }

  std::string place_ = "/tmp/bramble-packages-XXXXXX";
  Cluster cluster_;
  FakeHost* host_ = nullptr;
  std::unique_ptr<Site> site_;
};

TEST_F(Packages, MissingOnesAreInstalledAndNothingElseIsTouched) {
  ASSERT_TRUE(apply("missing= attr curl\ninterrupted=no\n").ok());
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

TEST_F(Packages, ALockIsWaitedForFiveMinutesInAllAndThenItsHolderIsTold) {
  program("apt-get", R"sh(
echo apt-get "$@" >> $place/told
echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (aptitude)" >&2
exit 100)sh");
  const Result<void> done = apply("missing= attr\ninterrupted=no\n");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().what,
            "one: E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 "
            "(aptitude): still so after five minutes. Wait for its end, or see with ps -fp 7 what "
            "it is, then run `bramble up` again");
  EXPECT_EQ(seconds_slept(), 300U);
  EXPECT_THAT(told(), HasSubstr("DPkg::Lock::Timeout=0 ")) << "apt would wait besides";
}

TEST_F(Packages, WhatFailsAfterAptWaitedForALockIsNotTriedForFiveMinutes) {
  program("apt-get", R"sh(
echo apt-get "$@" >> $place/told
echo "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock. It is held by process 7 (apt)"
echo "E: Unable to locate package attr" >&2
exit 100)sh");
  const Result<void> done = apply("missing= attr\ninterrupted=no\n");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().what, "one: E: Unable to locate package attr");
  EXPECT_EQ(seconds_slept(), 0U);
}

TEST_F(Packages, WhatNobodyCanFinishIsNamedWithWhatToDo) {
  states("half-installed berry reinstreq\nunpacked attr ok\nunpacked cherry ok\n");
  program("apt-get", "echo 'E: Unmet dependencies.' >&2; exit 100");
  const Result<void> done = apply("missing= attr\ninterrupted=yes\n");
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().what,
            "one: E: Unmet dependencies.\n"
            "an interrupted installation left these packages half-way: berry attr cherry. Run "
            "apt-get -f install there, or apt-get install --reinstall berry attr cherry");
}

TEST_F(Packages, WhatNobodyCanFinishOfOthersIsLeftAndNotPlannedForEver) {
  states("installed curl ok\nhalf-configured initramfs-tools ok\n");
  program("dpkg", "echo 'dpkg: error processing package initramfs-tools' >&2; exit 1");
  program("apt-get", R"sh(
case "$*" in *attr*) echo "installed attr ok" >> $place/states ;; esac
echo "E: Sub-process /usr/bin/dpkg returned an error code (1)" >&2
exit 100)sh");
  EXPECT_EQ(planned(),
            "finish an interrupted installation of packages, if dpkg can: initramfs-tools");
  const Result<void> done = apply("missing= attr\ninterrupted=yes\n");
  EXPECT_TRUE(done.ok()) << done.error().what;
  EXPECT_EQ(planned(), "");
  states("half-configured initramfs-tools ok\nunpacked cherry ok\n");
  EXPECT_THAT(planned(), HasSubstr("initramfs-tools cherry"));
}

}  // namespace
}  // namespace bramble::provision
