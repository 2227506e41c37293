// SPDX-License-Identifier: Apache-2.0
#include "provision/former_offsite.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// A cluster whose first node has sessions to these machines.
class FormerOffsiteTest : public testing::Test {
 protected:
  FormerOffsiteTest() {
    cluster_.nodes = {{.name = "n1"}};
    std::map<std::string, std::unique_ptr<Host>> hosts;
    auto host = std::make_unique<FakeHost>("n1");
    host_ = host.get();
    host_->answer("basename", "away\nold\n").answer("delete", "");
    hosts.emplace("n1", std::move(host));
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }

  std::vector<std::string> plan() const {
    std::vector<std::string> all;
    const auto changes = former_offsite_step()->plan(*site_, "n1");
    for (const Change& change : *changes) all.push_back(change.what);
    return all;
  }

  Cluster cluster_;
  FakeHost* host_ = nullptr;
  std::unique_ptr<Site> site_;
};

TEST_F(FormerOffsiteTest, WhomTheFileNamesIsKept) {
  cluster_.offsite = Machine{.name = "away", .address = "", .role = Role::kOffsite};
  EXPECT_THAT(plan(),
              ElementsAre("end geo-replication to old, which the file does not name any more"));
  ASSERT_TRUE(former_offsite_step()->apply(*site_, "n1").ok());
  const std::vector<Script> asked = host_->asked();
  EXPECT_THAT(asked.back().text, AllOf(HasSubstr("target=geoaccount@old::web-offsite\n"),
                                       HasSubstr("stop force"), HasSubstr("delete")));
  EXPECT_EQ(asked.size(), 3U) << "two looks, one end";
}

TEST_F(FormerOffsiteTest, WithoutAnOffsiteMachineAllEnd) {
  EXPECT_THAT(plan(),
              ElementsAre("end geo-replication to away, which the file does not name any more",
                          "end geo-replication to old, which the file does not name any more"));
}

}  // namespace
}  // namespace bramble::provision
