// SPDX-License-Identifier: Apache-2.0
#include "provision/status_watch.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

TEST(StatusWatch, ASilentMachineKeepsBackNobodysNews) {
  const Cluster cluster{.nodes = {{"one", "10.0.0.1"}, {"two", "10.0.0.2"}}};
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  auto one = std::make_unique<FakeHost>("one");
  one->answer("", "now=1\nbramble-web=active\n");
  const FakeHost& talks = *one;
  auto two = std::make_unique<FakeHost>("two");
  two->react("", [ended](const Script&) -> Result<Outcome> {
    ended.wait();
    return failure("two: ssh: Connection timed out");
  });
  std::map<std::string, std::unique_ptr<Host>> hosts;
  hosts.emplace("one", std::move(one));
  hosts.emplace("two", std::move(two));
  const Site site(cluster, std::move(hosts));
  using std::chrono::milliseconds;
  StatusWatch watch(site, {.pause = milliseconds(1), .patience = milliseconds(100)});

  std::vector<Answer> told = watch.answers();
  while (talks.asked().size() < 3 || !told.at(0).error.empty()) told = watch.answers();
  EXPECT_EQ(told[0].look.value("bramble-web"), "active");
  EXPECT_TRUE(told.at(1).error.starts_with("two: no answer for ")) << told[1].error;

  end.set_value();
  while (told[1].error.starts_with("two: no answer")) told = watch.answers();
  EXPECT_TRUE(told[1].error.starts_with("two: ssh: Connection timed out: is it on"))
      << told[1].error;
}

TEST(StatusWatch, WhoFallsSilentIsToldAsSuchAndWhyOneCannotBeAskedHolds) {
  const Cluster cluster{.nodes = {{"one", "10.0.0.1"}, {"two", "10.0.0.2"}}};
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  const auto once = [ended](const Result<Outcome>& said) {
    return [ended, said, asked = std::make_shared<std::atomic<int>>(0)](const Script&) {
      if (++*asked > 1) ended.wait();
      return said;
    };
  };
  std::map<std::string, std::unique_ptr<Host>> hosts;
  for (const char* name : {"one", "two"}) {
    auto host = std::make_unique<FakeHost>(name);
    host->react("", once(*name == 'o' ? Result<Outcome>(Outcome{.out = "now=1\n"})
                                      : failure("two: ssh: Connection timed out")));
    hosts.emplace(name, std::move(host));
  }
  const Site site(cluster, std::move(hosts));
  using std::chrono::milliseconds;
  StatusWatch watch(site, {.pause = milliseconds(1), .patience = milliseconds(100)});
  while (!watch.answers().at(1).error.starts_with("two: ssh: ")) {
  }
  while (!watch.answers().at(0).error.starts_with("one: no answer for ")) {
  }
  std::this_thread::sleep_for(milliseconds(150));
  EXPECT_THAT(watch.answers().at(1).error, testing::StartsWith("two: ssh: Connection timed out"));
  end.set_value();
}

// As a balancer that tells nothing for three seconds.
TEST(StatusWatch, WhoHasAnsweredIsNotSilentUntilAskedAgain) {
  const Cluster cluster{.nodes = {{"one", "10.0.0.1"}}};
  auto one = std::make_unique<FakeHost>("one");
  one->answer("", "now=1\n");
  std::map<std::string, std::unique_ptr<Host>> hosts;
  hosts.emplace("one", std::move(one));
  const Site site(cluster, std::move(hosts));
  using std::chrono::milliseconds;
  StatusWatch watch(site, {.pause = std::chrono::hours(1), .patience = milliseconds(100)});
  while (!watch.answers().at(0).error.empty()) {
  }
  std::this_thread::sleep_for(milliseconds(150));
  EXPECT_EQ(watch.answers().at(0).error, "");
}

}  // namespace
}  // namespace bramble::provision
