// SPDX-License-Identifier: Apache-2.0
#include "provision/former_role.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/process.hh"
#include "provision/steps.hh"
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
  EXPECT_THAT(node.applied(), HasSubstr(" /etc/wireguard/bramble.conf'\n"));
}

TEST(FormerRole, FilesGoOnceTheirServicesHaveEnded) {
  const Veteran front({.name = "x", .address = "", .role = Role::kBalancer});
  const auto said = [&](const std::string& systemctl) {
    return run({.argv = {"sh", "-euc",
                         "rm() { echo \"rm $*\"; }\nsystemctl() { " + systemctl + "; }\n" +
                             front.applied()}})
        ->out;
  };
  EXPECT_EQ(said("echo \"$*\""),
            "-q disable --now bramble-web\n"
            "-q disable --now bramble-mount\n"
            "rm -f /etc/bramble/sites.toml /etc/systemd/system/bramble-web.service "
            "/etc/systemd/system/bramble-mount.service\n"
            "daemon-reload\n");
  EXPECT_EQ(said("false"), "");
}

TEST(FormerRole, IsOverOnAllMachinesBeforeAnyServesInItsNewOne) {
  const Cluster cluster{.nodes = {{"n1", ""}},
                        .offsite = Machine{"away", "", Role::kOffsite},
                        .balancer = Machine{"front", "", Role::kBalancer}};
  const Steps steps = all_steps("");
  const auto at = [&](std::string_view name) {
    return std::ranges::find(steps, name, [](const auto& step) { return step->name(); });
  };
  ASSERT_LT(at("former role"), at("services"));
  EXPECT_THAT((*at("former role"))->machines(cluster), ElementsAre("n1", "away", "front"));
  EXPECT_TRUE((*at("former role"))->waits_for_all());
  EXPECT_TRUE((*at("services"))->waits_for_all());
}

TEST(FormerRole, WhatIsNotOursOrNotThereIsLeftAlone) {
  const Veteran node({.name = "x", .address = "", .role = Role::kNode});
  node.host().forget_answers();
  node.host().answer("", "bramble-balance=no\n");
  EXPECT_THAT(node.plan(), IsEmpty());
}

}  // namespace
}  // namespace bramble::provision
