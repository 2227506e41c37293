// SPDX-License-Identifier: Apache-2.0
#include "provision/program.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "base/process.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;

// The step on the node "one", where the same program is installed as here: this test.
class ProgramOn {
 public:
  explicit ProgramOn(const std::string& lacks) {
    const std::string sum = run_ok({"sha256sum", running_program()}).value();
    const std::string architecture = run_ok({"dpkg", "--print-architecture"}).value();
    cluster_.nodes = {{.name = "one"}, {.name = "two"}, {.name = "three"}};
    auto host = std::make_unique<FakeHost>("one");
    host->answer("", fmt::format("architecture={}sum={}\nlacks={}\n", architecture,
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

}  // namespace
}  // namespace bramble::provision
