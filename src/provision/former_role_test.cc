// SPDX-License-Identifier: Apache-2.0
#include "provision/former_role.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A machine on which bramble wrote all that it ever writes.
class Veteran {
 public:
  explicit Veteran(const Machine& machine) {
    cluster_.nodes = {{.name = "n1"}};
    cluster_.offsite = Machine{.name = "away", .address = "", .role = Role::kOffsite};
    cluster_.balancer = Machine{.name = "front", .address = "", .role = Role::kBalancer};
    if (machine.role == Role::kNode) cluster_.nodes = {machine};
    if (machine.role == Role::kOffsite) cluster_.offsite = machine;
    if (machine.role == Role::kBalancer) cluster_.balancer = machine;
    auto host = std::make_unique<FakeHost>(machine.name);
    host_ = host.get();
    host->answer("grep -qs '^# Written by",
                 "bramble-balance=yes\nbramble-web=yes\nbramble-mount=yes\nwg-quick@bramble=yes\n");
    host->answer("", "");
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace(machine.name, std::move(host));
    name_ = machine.name;
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }
  void lose_tunnel() {
    cluster_.offsite.reset();
    cluster_.balancer.reset();
  }
  std::vector<std::string> plan() const {
    std::vector<std::string> all;
    const auto changes = former_role_step()->plan(*site_, name_);
    for (const Change& change : changes.value()) all.push_back(change.what);
    return all;
  }
  std::string applied() const {
    EXPECT_TRUE(former_role_step()->apply(*site_, name_).ok());
    return host_->asked().back().text;
  }
  FakeHost& host() const { return *host_; }

 private:
  Cluster cluster_;
  std::string name_;
  FakeHost* host_ = nullptr;
  std::unique_ptr<Site> site_;
};

TEST(FormerRole, ABalancerThatBecomesANodeBalancesNoMore) {
  const Veteran node({.name = "x", .address = "", .role = Role::kNode});
  EXPECT_THAT(node.plan(), ElementsAre("end bramble-balance: it is of a former role"));
  EXPECT_THAT(node.applied(),
              AllOf(HasSubstr("units=bramble-balance\n"),
                    HasSubstr("files=/etc/systemd/system/bramble-balance.service\n")));
}

TEST(FormerRole, WhoStoredFilesAndBecomesTheBalancerServesThemNoMoreAndKeepsThem) {
  const Veteran front({.name = "x", .address = "", .role = Role::kBalancer});
  EXPECT_THAT(front.plan(), ElementsAre("end bramble-web: it is of a former role",
                                        "end bramble-mount: it is of a former role"));
  EXPECT_THAT(front.applied(),
              AllOf(HasSubstr("units='bramble-web bramble-mount'\n"),
                    HasSubstr("files='/etc/bramble/sites.toml /etc/systemd/system/bramble-web."),
                    Not(HasSubstr("gluster")), Not(HasSubstr("brick"))));
}

TEST(FormerRole, OffsiteTheVolumeOfTheNodesIsNotMounted) {
  const Veteran away({.name = "x", .address = "", .role = Role::kOffsite});
  EXPECT_THAT(away.plan(), ElementsAre("end bramble-balance: it is of a former role",
                                       "end bramble-mount: it is of a former role"));
}

TEST(FormerRole, NodesAloneHaveNoTunnel) {
  Veteran node({.name = "x", .address = "", .role = Role::kNode});
  node.lose_tunnel();
  EXPECT_THAT(node.plan(), ElementsAre("end bramble-balance: it is of a former role",
                                       "end wg-quick@bramble: it is of a former role"));
}

TEST(FormerRole, WhatIsNotOursOrNotThereIsLeftAlone) {
  const Veteran node({.name = "x", .address = "", .role = Role::kNode});
  node.host().forget_answers();
  node.host().answer("", "bramble-balance=no\n");
  EXPECT_THAT(node.plan(), IsEmpty());
}

}  // namespace
}  // namespace bramble::provision
