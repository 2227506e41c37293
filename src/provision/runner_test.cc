// SPDX-License-Identifier: Apache-2.0
#include "provision/runner.hh"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

// What happened, in order: "apply a one" is step a on machine one.
class Story {
 public:
  void tell(const std::string& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  }
  std::size_t place(const std::string& event) const {
    for (std::size_t i = 0; i < events_.size(); ++i)
      if (events_[i] == event) return i;
    ADD_FAILURE() << event << " did not happen";
    return 0;
  }
  bool has(const std::string& event) const {
    return std::find(events_.begin(), events_.end(), event) != events_.end();
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> events_;
};

struct Behaviour {
  bool waits = false;
  std::vector<std::string> machines = {"one", "two", "three"};
  std::set<std::string> done;         // machines on which there is nothing to change
  std::set<std::string> plan_fails;   // machines on which plan is an Error
  std::set<std::string> apply_fails;  // machines on which apply is an Error
  bool apply_lies = false;            // apply changes nothing
};

class ToldStep final : public Step {
 public:
  ToldStep(std::string name, Behaviour behaviour, Story& story)
      : name_(std::move(name)), behaviour_(std::move(behaviour)), story_(story) {}

  std::string_view name() const override { return name_; }
  std::vector<std::string> machines(const Cluster&) const override { return behaviour_.machines; }
  bool waits_for_all() const override { return behaviour_.waits; }

  Result<std::vector<Change>> plan(const Site&, const std::string& machine) const override {
    const std::lock_guard lock(mutex_);
    if (behaviour_.plan_fails.contains(machine)) return failure(machine + ": no " + name_);
    if (behaviour_.done.contains(machine)) return std::vector<Change>{};
    return std::vector<Change>{{"do " + name_}};
  }
  Result<void> apply(const Site&, const std::string& machine) const override {
    story_.tell("apply " + name_ + " " + machine);
    const std::lock_guard lock(mutex_);
    if (behaviour_.apply_fails.contains(machine)) return failure(machine + ": cannot " + name_);
    if (!behaviour_.apply_lies) behaviour_.done.insert(machine);
    return {};
  }

 private:
  const std::string name_;
  mutable std::mutex mutex_;
  mutable Behaviour behaviour_;
  Story& story_;
};

class Silent final : public Progress {
 public:
  void begins(const std::string&, std::string_view) override {}
  void waits(const std::string&, std::string_view) override {}
  void ends(const StepReport&) override {}
};

class Runner : public testing::Test {
 protected:
  void step(const std::string& name, Behaviour behaviour = {}) {
    steps_.push_back(std::make_unique<ToldStep>(name, std::move(behaviour), story_));
  }
  void apply() { reports_ = apply_steps(site_, steps_, silent_); }
  void plan() { reports_ = plan_steps(site_, steps_, silent_); }

  // "changed", "failed: …": of one step on one machine.
  std::string went(const std::string& step, const std::string& machine) const {
    for (const StepReport& report : reports_)
      if (report.step == step && report.machine == machine)
        return std::string(word(report.verdict)) +
               (report.error.empty() ? "" : ": " + report.error);
    return "nothing";
  }

  Cluster cluster_{.nodes = {{"one", "10.0.0.1"}, {"two", "10.0.0.2"}, {"three", "10.0.0.3"}}};
  Site site_{cluster_, {}};
  Story story_;
  Silent silent_;
  Steps steps_;
  std::vector<StepReport> reports_;
};

TEST_F(Runner, AppliesWhatIsWantedAndLeavesTheRest) {
  step("a", {.done = {"two"}});
  apply();
  EXPECT_EQ(went("a", "one"), "changed");
  EXPECT_EQ(went("a", "two"), "ok");
  EXPECT_FALSE(story_.has("apply a two"));
  EXPECT_EQ(count_changes(reports_), 2U);
  EXPECT_FALSE(any_failed(reports_));
}

TEST_F(Runner, ASecondRunChangesNothing) {
  step("a");
  step("b", {.waits = true});
  apply();
  EXPECT_EQ(count_changes(reports_), 6U);
  apply();
  EXPECT_EQ(count_changes(reports_), 0U);
}

TEST_F(Runner, PlanningChangesNothing) {
  step("a");
  plan();
  EXPECT_EQ(went("a", "one"), "would change");
  EXPECT_EQ(count_changes(reports_), 3U);
  EXPECT_FALSE(story_.has("apply a one"));
}

TEST_F(Runner, PlanningTellsTheFaultsOfLaterStepsToo) {
  step("a", {.plan_fails = {"one"}});
  step("b", {.plan_fails = {"one", "two"}});
  plan();
  EXPECT_EQ(went("a", "one"), "failed: one: no a");
  EXPECT_EQ(went("b", "one"), "failed: one: no b");
  EXPECT_EQ(went("b", "two"), "failed: two: no b");
  EXPECT_EQ(went("b", "three"), "would change");
}

TEST_F(Runner, AStepRunsOnlyOnItsMachines) {
  step("a", {.machines = {"two"}});
  apply();
  EXPECT_EQ(reports_.size(), 1U);
  EXPECT_EQ(went("a", "two"), "changed");
}

TEST_F(Runner, AStepThatWaitsForAllStartsAfterEveryEarlierOneEverywhere) {
  step("a");
  step("b", {.machines = {"three"}});
  step("c", {.waits = true, .machines = {"one", "two"}});
  apply();
  for (const char* earlier : {"apply a one", "apply a two", "apply a three", "apply b three"})
    for (const char* later : {"apply c one", "apply c two"})
      EXPECT_LT(story_.place(earlier), story_.place(later));
}

TEST_F(Runner, AFailureStopsItsMachineAndThoseThatWaitForIt) {
  step("a", {.apply_fails = {"two"}});
  step("b");
  step("c", {.waits = true});
  step("d");
  apply();
  EXPECT_EQ(went("a", "two"), "failed: two: cannot a");
  EXPECT_EQ(went("b", "one"), "changed");
  EXPECT_EQ(went("b", "two"), "not reached");
  EXPECT_EQ(went("b", "three"), "changed");
  EXPECT_EQ(went("c", "one"), "not reached");
  EXPECT_EQ(went("d", "three"), "not reached");
  EXPECT_TRUE(any_failed(reports_));
  EXPECT_EQ(count_changes(reports_), 4U);
}

TEST_F(Runner, AFailureOnTheLastStepBeforeABarrierHoldsIt) {
  step("a", {.machines = {"three"}, .plan_fails = {"three"}});
  step("b", {.waits = true, .machines = {"one"}});
  apply();
  EXPECT_EQ(went("b", "one"), "not reached");
}

TEST_F(Runner, AStepThatStillWantsChangesAfterItsApplyHasFailed) {
  step("a", {.apply_lies = true});
  apply();
  EXPECT_EQ(went("a", "one"), "failed: one: was applied, but still wants to do a");
}

TEST(FlushDisks, IsNotEndedByAnInterrupt) {
  const Cluster cluster{.nodes = {{"one", "10.0.0.1"}}};
  auto host = std::make_unique<FakeHost>("one");
  const FakeHost& asked = *host;
  host->answer("", "");
  std::map<std::string, std::unique_ptr<Host>> hosts;
  hosts.emplace("one", std::move(host));
  const Site site(cluster, std::move(hosts));
  flush_disks(site);
  ASSERT_EQ(asked.asked().size(), 1U);
  EXPECT_TRUE(asked.asked()[0].ignore_interrupt);
}

}  // namespace
}  // namespace bramble::provision
