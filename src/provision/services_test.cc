// SPDX-License-Identifier: Apache-2.0
#include "provision/services.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "base/process.hh"
#include "base/text.hh"
#include "provision/units.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Cluster kNodeAndFront{.name = "berry",
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
  for (const Unit& unit : units_for(cluster, *cluster.balancer)) {
    look += as_look(fmt::format("/etc/systemd/system/{}.service", unit.name), unit.text);
    look += fmt::format("{}.read={}\n", unit.name, unit.read);
  }
  return look;
}

// A script in a shell in which its commands are others.
Outcome in_a_shell(const std::string& commands, const std::string& script) {
  return run({.argv = {"sh", "-euc", commands + "\n" + script},
              .environment = {"BRAMBLE_READ=0123"}})
      .value();
}

// The step on the balancer's machine.
class ServicesOnFront {
 public:
  explicit ServicesOnFront(std::string look, Outcome ordered = {}) {
    auto host = std::make_unique<FakeHost>("front");
    host_ = host.get();
    host->answer("NeedDaemonReload", std::move(look));
    host->answer("bramble balance --", std::move(ordered));
    host->answer("", "");
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("front", std::move(host));
    site_ = std::make_unique<Site>(kNodeAndFront, std::move(hosts));
  }
  std::vector<std::string> plan() const {
    std::vector<std::string> all;
    const auto changes = services_step()->plan(*site_, "front");
    for (const Change& change : changes.value()) all.push_back(change.what);
    return all;
  }
  FakeHost& host() const { return *host_; }
  const Site& site() const { return *site_; }
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
  EXPECT_THAT(ServicesOnFront(look_of(kNodeAndFront, "good")).plan(), IsEmpty());
}

TEST(Services, ABalancerOfAnOlderProgramHandsOverToTheNewOne) {
  const ServicesOnFront front(look_of(kNodeAndFront, "older"));
  EXPECT_THAT(front.plan(), ElementsAre("upgrade bramble-balance while it runs"));
  const std::string applied = front.applied();
  EXPECT_THAT(applied, HasSubstr("/usr/bin/bramble balance --upgrade\n"));
  EXPECT_THAT(applied, Not(HasSubstr("systemctl restart")));
}

TEST(Services, ABalancerWhoseFileChangedReadsItAnew) {
  Cluster before = kNodeAndFront;
  before.nodes.push_back({"two", "192.168.2.6"});
  const ServicesOnFront front(look_of(before, "good"));
  const std::vector<std::string> plan = front.plan();
  ASSERT_EQ(plan.size(), 3U);
  EXPECT_THAT(plan[1], "reload bramble-balance while it runs");
  EXPECT_THAT(plan[2], "start bramble-vitals, also at boot");
  EXPECT_THAT(front.applied(), HasSubstr("/usr/bin/bramble balance --reload\n"));
}

TEST(Services, ABalancerThatRefusesItsFileIsAskedAgainAndNeverRestartedIntoIt) {
  Cluster before = kNodeAndFront;
  before.nodes.push_back({"two", "192.168.2.6"});
  const ServicesOnFront front(look_of(before, "good"),
                              {.status = 1, .err = "10.0.0.9:80: Address already in use"});
  const Result<void> applied = services_step()->apply(front.site(), "front");
  ASSERT_FALSE(applied.ok());
  EXPECT_THAT(applied.error().what, HasSubstr("Address already in use"));
  std::string all;
  for (const Script& script : front.host().asked()) all += script.text;
  EXPECT_THAT(all, HasSubstr("path=/etc/bramble/bramble.toml\n"));
  EXPECT_THAT(all, Not(HasSubstr("path=/etc/systemd/system/bramble-balance.service\n")));
  EXPECT_THAT(all, Not(HasSubstr(">/run/$unit.read")));
  EXPECT_THAT(all, Not(HasSubstr("systemctl restart")));
  EXPECT_EQ(front.host().asked().back().input, cluster_file(before))
      << "nor does the next boot start it with that";
}

TEST(Services, OnlyWhatReadsAFileThatChangedIsRestarted) {
  std::string look = look_of(kNodeAndFront, "good");
  const std::string line = "|RuntimeDirectoryPreserve=yes\n";  // of the vitals
  look.erase(look.find(line), line.size());
  EXPECT_THAT(ServicesOnFront(look).plan(),
              ElementsAre("write /etc/systemd/system/bramble-vitals.service",
                          "start bramble-vitals, also at boot"));
}

TEST(Services, ABalancerIsRestartedWhereItsUnitSaysSomethingElse) {
  std::string look = look_of(kNodeAndFront, "good");
  const std::string line = "|WatchdogSec=30\n";
  look.erase(look.find(line), line.size());
  EXPECT_THAT(ServicesOnFront(look).plan().back(), "start bramble-balance, also at boot");
}

TEST(Services, ABalancerThatIsDownOrStaleIsStarted) {
  for (const char* state : {"down", "off", "stale"})
    EXPECT_THAT(ServicesOnFront(look_of(kNodeAndFront, state)).plan(),
                ElementsAre("start bramble-balance, also at boot"))
        << state;
}

TEST(Services, ARestartIsDueUntilTheProcessWasStartedWithWhatThereIs) {
  std::string look = look_of(kNodeAndFront, "good");
  look += "bramble-vitals.read=0123\n";
  EXPECT_THAT(ServicesOnFront(look).plan(), ElementsAre("start bramble-vitals, also at boot"));
  look += "bramble-vitals.read=\n";
  EXPECT_THAT(ServicesOnFront(look).plan(), ElementsAre("start bramble-vitals, also at boot"));
}

TEST(Services, AreAskedWhatTheyWereStartedWith) {
  const ServicesOnFront front(look_of(kNodeAndFront, "good"));
  (void)front.plan();
  const std::string look = front.host().asked()[0].text;
  EXPECT_THAT(in_a_shell(R"(systemctl() { [ "$3" != MainPID ] || echo $$; })", look).out,
              HasSubstr("\nbramble-vitals.read=0123\n"));
  EXPECT_THAT(in_a_shell(R"(systemctl() { [ "$3" != MainPID ] || echo 0; })", look).out,
              HasSubstr("\nbramble-vitals.read=\n"));
}

TEST(Services, ABalancerThatHasNotReadItsFileDoesAndThatIsNotedUntilItsEnd) {
  const ServicesOnFront front(look_of(kNodeAndFront, "good") + "bramble-balance.read=0123\n");
  EXPECT_THAT(front.plan(), ElementsAre("reload bramble-balance while it runs"));
  const std::string folder = testing::TempDir();
  const auto there = [&folder](std::string script) {
    for (std::size_t at = 0; (at = script.find("/run/$unit", at)) != std::string::npos;)
      script.replace(at, 5, folder);
    return script;
  };
  const auto systemctl = [](const std::string& start) {
    return fmt::format(R"sh(systemctl() {{
  case ${{3:-}} in MainPID) echo $$ ;; InvocationID) echo {} ;; esac
}})sh",
                       start);
  };
  const std::string look = there(front.host().asked()[0].text);
  std::string order = there(front.applied());
  order.replace(order.find("/usr/bin/bramble"), 16, "true");
  ASSERT_TRUE(in_a_shell(systemctl("77"), order).ok());
  const std::string read = units_for(kNodeAndFront, *kNodeAndFront.balancer)[0].read;
  EXPECT_THAT(in_a_shell(systemctl("77"), look).out,
              HasSubstr("bramble-balance.read=" + read + "\n"));
  EXPECT_THAT(in_a_shell(systemctl("78"), look).out, HasSubstr("bramble-balance.read=0123\n"))
      << "it was started anew since";
  std::filesystem::remove(folder + "bramble-balance.read");
}

TEST(Services, AreAllStartedThoughOneOfThemDoesNotStart) {
  const ServicesOnFront front(look_of(kNodeAndFront, "down") + "bramble-vitals=down\n");
  const Outcome outcome = in_a_shell(R"sh(
systemctl() { [ "$1" != restart ] || { echo "$2"; [ "$2" != bramble-balance ]; }; }
journalctl() { echo "no file"; })sh",
                                     front.applied());
  EXPECT_EQ(outcome.out, "bramble-balance\nbramble-vitals\n");
  EXPECT_EQ(outcome.err, "bramble-balance does not start: no file \n");
  EXPECT_EQ(outcome.status, 1);
}

// The step on three nodes at once, whose web servers run as an older unit has them.
class ServicesOnNodes {
 public:
  // What a machine does with its restart: `enters` says how many are at it.
  explicit ServicesOnNodes(std::function<Outcome(int enters)> restarts) {
    cluster_.nodes = {{.name = "one"}, {.name = "two"}, {.name = "three"}};
    std::map<std::string, std::unique_ptr<Host>> hosts;
    for (const Machine& node : cluster_.nodes) {
      auto host = std::make_unique<FakeHost>(node.name);
      host->answer("NeedDaemonReload",
                   "bramble-web=stale\nbramble-web.runs=yes\nbramble-vitals=good\n");
      host->react("systemctl restart", [this, restarts](const Script& script) {
        EXPECT_THAT(script.text, HasSubstr("http://127.0.0.1:80/.bramble/health"));
        ++restarted_;
        const Outcome outcome = restarts(++inside_);
        --inside_;
        return outcome;
      });
      host->answer("", "");
      hosts.emplace(node.name, std::move(host));
    }
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }
  // The errors, sorted.
  std::vector<std::string> apply() const {
    std::vector<std::string> errors(cluster_.nodes.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < errors.size(); ++i)
      threads.emplace_back([&, i] {
        const Result<void> done = step_->apply(*site_, cluster_.nodes[i].name);
        if (!done.ok()) errors[i] = done.error().what;
      });
    for (std::thread& thread : threads) thread.join();
    std::erase(errors, "");
    return errors;
  }
  int restarted() const { return restarted_; }

 private:
  Cluster cluster_;
  std::unique_ptr<Step> step_ = services_step();
  std::unique_ptr<Site> site_;
  std::atomic<int> inside_ = 0;
  std::atomic<int> restarted_ = 0;
};

TEST(Services, WebServersThatServeAreRestartedOneMachineAfterTheOther) {
  const ServicesOnNodes nodes([](int enters) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // time enough for the others
    EXPECT_EQ(enters, 1);
    return Outcome{};
  });
  EXPECT_THAT(nodes.apply(), IsEmpty());
  EXPECT_EQ(nodes.restarted(), 3);
}

TEST(Services, AfterAWebServerThatDoesNotComeBackNoOtherIsRestarted) {
  const ServicesOnNodes nodes([](int) { return Outcome{.status = 1, .err = "no volume"}; });
  const std::vector<std::string> errors = nodes.apply();
  EXPECT_EQ(nodes.restarted(), 1);
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_EQ(std::count_if(errors.begin(), errors.end(),
                          [](const std::string& error) {
                            return error.find("its web server goes on as it was: that of") !=
                                   std::string::npos;
                          }),
            2);
}

}  // namespace
}  // namespace bramble::provision
