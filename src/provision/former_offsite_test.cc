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
    host_->answer("basename", "away\nold\n").answer("delete", "").answer("former=old", "");
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
  ASSERT_EQ(asked.size(), 5U) << "two looks; a name is lent, used, and taken back";
  EXPECT_THAT(asked[2].text, HasSubstr("/192.0.2.1 $former\\n&/"));
  EXPECT_THAT(asked[3].text, AllOf(HasSubstr("target=geoaccount@old::web-offsite\n"),
                                   HasSubstr("stop force"), HasSubstr("delete")));
  EXPECT_THAT(asked[4].text, HasSubstr("$former\\$/d\" /etc/hosts"));
}

TEST_F(FormerOffsiteTest, WithoutAnOffsiteMachineAllEnd) {
  EXPECT_THAT(plan(),
              ElementsAre("end geo-replication to away, which the file does not name any more",
                          "end geo-replication to old, which the file does not name any more"));
}

}  // namespace
}  // namespace bramble::provision
