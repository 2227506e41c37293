// SPDX-License-Identifier: Apache-2.0
#include "provision/program.hh"

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
using testing::ElementsAre;
using testing::HasSubstr;

// The step on the node "one", where the same program is installed as here: this test.
class ProgramOn {
 public:
  explicit ProgramOn(const std::string& lacks) {
    const std::string sum = run_ok({"sha256sum", running_program()}).value();
    cluster_.nodes = {{.name = "one"}, {.name = "two"}, {.name = "three"}};
    auto host = std::make_unique<FakeHost>("one");
    host->answer("", fmt::format("architecture={}\nsum={}\nlacks={}\n", own_architecture(),
                                 sum.substr(0, sum.find(' ')), lacks));
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("one", std::move(host));
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }
  Result<std::vector<std::string>> plan() const {
    const std::vector<Change> changes = TRY(step_->plan(*site_, "one"));
    std::vector<std::string> lines;
    for (const Change& change : changes) lines.push_back(change.what);
    return lines;
  }
  Result<void> apply() const { return step_->apply(*site_, "one"); }

 private:
  Cluster cluster_;
  std::unique_ptr<Step> step_ = program_step(running_program());
  std::unique_ptr<Site> site_;
};

TEST(Program, IsLeftAloneWhereItIsTheSame) {
  EXPECT_THAT(ProgramOn("").plan().value(), ElementsAre());
}

// A package that was taken away: the plan must not end there, since it is about to be installed.
TEST(Program, LibrariesThatItLacksAreNoFaultUntilThePackagesAreThere) {
  const ProgramOn one("libfmt.so.9 ");
  EXPECT_THAT(one.plan().value(),
              ElementsAre("find the libraries that /usr/bin/bramble lacks: libfmt.so.9"));
  const Result<void> applied = one.apply();
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().what,
            "one: /usr/bin/bramble lacks libraries that no package brought: libfmt.so.9");
}

// A source's build folder, on a computer of another architecture than the machine "one".
class BuildFolder : public testing::Test {
 protected:
  BuildFolder() { EXPECT_NE(::mkdtemp(place_.data()), nullptr); }
  ~BuildFolder() override { fs::remove_all(place_); }

  void make(const std::string& program) const {
    fs::create_directories(fs::path(place_ + program).parent_path());
    EXPECT_TRUE(write_file(place_ + program, program).ok());
  }
  // Of our program build/release/bramble, for one machine.
  Result<std::string> installs_on(const std::string& architecture) const {
    auto host = std::make_unique<FakeHost>("one");
    host->answer("--print-architecture", "architecture=" + architecture + "\n").answer("", "");
    const FakeHost& one = *host;
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("one", std::move(host));
    const Site site(Cluster{.nodes = {{.name = "one"}}}, std::move(hosts));
    TRY(program_step(place_ + "/build/release/bramble")->apply(site, "one"));
    return one.asked().back().input;
  }
  const std::string& place() const { return place_; }

 private:
  std::string place_ = "/tmp/bramble-build-XXXXXX";
};

TEST_F(BuildFolder, WhatMakeBuiltForAnotherArchitectureIsFound) {
  make("/build/riscv64/bramble");
  EXPECT_EQ(installs_on("riscv64").value(), "/build/riscv64/bramble");
  make("/build/release/bramble-riscv64");
  EXPECT_EQ(installs_on("riscv64").value(), "/build/release/bramble-riscv64");
}

TEST_F(BuildFolder, WithoutOneTheCommandThatMakesItIsTold) {
  const Result<std::string> none = installs_on("riscv64");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().what,
            "one: it is riscv64, and there is no bramble for that here: put one at " + place() +
                "/build/release/bramble-riscv64");
  if (own_architecture() == "arm64") return;
  const Result<std::string> pi = installs_on("arm64");
  ASSERT_FALSE(pi.ok());
  EXPECT_THAT(pi.error().what, HasSubstr("run make arm64 in bramble's source, or put one at "));
}

}  // namespace
}  // namespace bramble::provision
