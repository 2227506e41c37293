// SPDX-License-Identifier: Apache-2.0
#include "provision/services.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/text.hh"
#include "provision/units.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Cluster kCluster{.name = "berry",
                       .nodes = {{"one", "192.168.2.5"}},
                       .balancer = Machine{"front", "198.51.100.9", Role::kBalancer},
                       .sites = {{}}};

std::string as_look(const std::string& path, const std::string& content) {
  std::string text = "@" + path + "\n";
  for (const std::string_view line : lines(content)) text += fmt::format("|{}\n", line);
  return text;
}

// What a machine tells on which `cluster` was brought up.
std::string look_of(const Cluster& cluster, const std::string& balancer_state) {
  std::string look = fmt::format("bramble-balance={}\nbramble-vitals=good\n", balancer_state);
  look += as_look("/etc/bramble/bramble.toml", cluster_file(cluster));
  for (const Unit& unit : units_for(cluster, *cluster.balancer))
    look += as_look(fmt::format("/etc/systemd/system/{}.service", unit.name), unit.text);
  return look;
}

// The step on the balancer's machine.
class ServicesOnFront {
 public:
  explicit ServicesOnFront(std::string look) {
    auto host = std::make_unique<FakeHost>("front");
    host_ = host.get();
    host->answer("NeedDaemonReload", std::move(look));
    host->answer("", "");
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("front", std::move(host));
    site_ = std::make_unique<Site>(kCluster, std::move(hosts));
  }
  std::vector<std::string> plan() const {
    std::vector<std::string> all;
    const auto changes = services_step()->plan(*site_, "front");
    for (const Change& change : changes.value()) all.push_back(change.what);
    return all;
  }
  // Every script that apply runs after its look.
  std::string applied() const {
    EXPECT_TRUE(services_step()->apply(*site_, "front").ok());
    std::string all;
    for (const Script& script : host_->asked())
      if (script.text.find("NeedDaemonReload") == std::string::npos) all += script.text + "\n";
    return all;
  }

 private:
  FakeHost* host_ = nullptr;
  std::unique_ptr<Site> site_;
};

TEST(Services, AreLeftAloneWhenAllIsWell) {
  EXPECT_THAT(ServicesOnFront(look_of(kCluster, "good")).plan(), IsEmpty());
}

TEST(Services, ABalancerOfAnOlderProgramHandsOverToTheNewOne) {
  const ServicesOnFront front(look_of(kCluster, "older"));
  EXPECT_THAT(front.plan(), ElementsAre("upgrade bramble-balance while it runs"));
  const std::string applied = front.applied();
  EXPECT_THAT(applied, HasSubstr("/usr/bin/bramble balance --upgrade && systemctl daemon-reload"));
  EXPECT_THAT(applied, testing::Not(HasSubstr("systemctl restart")));
}

TEST(Services, ABalancerWhoseFileChangedReadsItAnew) {
  Cluster before = kCluster;
  before.nodes.push_back({"two", "192.168.2.6"});
  const ServicesOnFront front(look_of(before, "good"));
  const std::vector<std::string> plan = front.plan();
  ASSERT_EQ(plan.size(), 3U);
  EXPECT_THAT(plan[1], "reload bramble-balance while it runs");
  EXPECT_THAT(plan[2], "start bramble-vitals, also at boot");
  EXPECT_THAT(front.applied(), HasSubstr("balance --reload && systemctl daemon-reload"));
}

TEST(Services, ABalancerIsRestartedWhereItsUnitSaysSomethingElse) {
  std::string look = look_of(kCluster, "good");
  const std::string line = "|WatchdogSec=30\n";
  look.erase(look.find(line), line.size());
  EXPECT_THAT(ServicesOnFront(look).plan().back(),
              "start bramble-balance and bramble-vitals, also at boot");
}

TEST(Services, ABalancerThatIsDownOrStaleIsStarted) {
  for (const char* state : {"down", "off", "stale"})
    EXPECT_THAT(ServicesOnFront(look_of(kCluster, state)).plan(),
                ElementsAre("start bramble-balance, also at boot"))
        << state;
}

}  // namespace
}  // namespace bramble::provision
