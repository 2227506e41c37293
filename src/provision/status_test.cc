// SPDX-License-Identifier: Apache-2.0
#include "provision/status.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "provision/whole_cluster.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

std::string vitals(const std::string& more) {
  return "now=1000.5\nbramble-vitals=active\n@/run/bramble/vitals.json\n|{\"time\": 999.0, "
         "\"load\": [0.5, 0, 0], \"memory\": {\"available_bytes\": 1073741824}" +
         more + "}\n";
}

std::string node(int heals, const char* online = "true") {
  return "bramble-web=active\nbramble-mount=active\nglusterd=active\nread-only=no\n"
         "wg-quick@bramble=active\n" +
         vitals(", \"temperature_celsius\": 48.3, \"brick\": {\"mounted\": true, \"online\": " +
                std::string(online) + ", \"free_bytes\": 2147483648, \"heals_pending\": " +
                std::to_string(heals) + "}, \"volume\": {\"reachable\": true}");
}

std::string away(const char* lag) {
  return "bramble-web=active\nglusterd=active\nwg-quick@bramble=active\n" +
         vitals(
             ", \"brick\": {\"online\": true, \"free_bytes\": 5, \"heals_pending\": 0}, "
             "\"georeplication\": {\"lag_seconds\": " +
             std::string(lag) + "}");
}

std::string front(const char* state) {
  return "bramble-balance=active\nwg-quick@bramble=active\n" + vitals(", \"brick\": null") +
         "@balancer\n|{\"backends\": [{\"name\": \"one\", \"state\": \"" + state +
         "\", \"reason\": \"it is slow\", \"backup\": false, \"in_flight\": 1, \"requests\": 20, "
         "\"failures\": 3, \"latency_ms\": 1.25}]}\n";
}

Status status(const std::string& two, const std::string& offsite, const std::string& balancer) {
  const std::vector<Answer> answers = {{"one", "", Look::parse(node(0))},
                                       {"two", "", Look::parse(two)},
                                       {"away", "", Look::parse(offsite)},
                                       {"front", "", Look::parse(balancer)}};
  return status_of(kWholeCluster, answers, false);
}

bool says(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

TEST(Status, WhatTheServicesNeedIsAskedFor) {
  const auto with = [](const std::string& what, const std::string& instead) {
    std::string said = node(0);
    said.replace(said.find(what), what.size(), instead);
    return status(said, away("4.25"), front("healthy"));
  };
  EXPECT_TRUE(says(with("glusterd=active", "glusterd=failed").text, "! two: glusterd is failed"));
  EXPECT_TRUE(says(with("bramble-mount=active", "bramble-mount=activating").text,
                   "! two: bramble-mount is activating"));
  const Status read_only = with("read-only=no", "read-only=yes");
  EXPECT_TRUE(says(read_only.text, "! two: its root filesystem is mounted read-only: see dmesg"));
  EXPECT_TRUE(says(read_only.json, "\"read_only\": true"));
}

TEST(Status, AsksForTheFirewallAndTheRootFilesystem) {
  auto one = std::make_unique<FakeHost>("one");
  one->answer("", "");
  const FakeHost& host = *one;
  std::map<std::string, std::unique_ptr<Host>> hosts;
  hosts.emplace("one", std::move(one));
  const Site site(kWholeCluster, std::move(hosts));
  (void)ask(site, kWholeCluster.nodes.front());
  const std::string text = host.asked().front().text;
  EXPECT_TRUE(says(text, "if nft list table inet bramble ")) << text;
  EXPECT_TRUE(says(text, "echo read-only=yes")) << text;
}

TEST(Status, ABrickWithoutRoomIsAProblem) {
  std::string full = node(0);
  full.replace(full.find("2147483648"), 10, "1048576, \"total_bytes\": 2147483648");
  const Status found = status(full, away("4.25"), front("healthy"));
  EXPECT_FALSE(found.healthy);
  EXPECT_TRUE(says(found.text, "! two: its brick is full: 1.0 MiB of 2.0 GiB are free; delete "))
      << found.text;
}

TEST(Status, AFileThatEachCopyKnowsOfIsOneFile) {
  const auto heals = [](const std::vector<int>& each) {
    Cluster cluster{.name = "berry"};
    std::vector<Answer> answers;
    for (const int files : each) {
      const std::string name = "n" + std::to_string(answers.size());
      cluster.nodes.push_back({name, "192.168.2.5"});
      answers.push_back({name, "", Look::parse(node(files))});
    }
    return status_of(cluster, answers, false).text;
  };
  EXPECT_TRUE(says(heals({100, 100, 0}), "100 files of the volume to heal"));
  EXPECT_TRUE(says(heals({7, 7, 8, 7, 0}), "8 files of the volume to heal"));
  EXPECT_TRUE(says(heals({7, 7, 0, 0, 5, 5}), "12 files of the volume to heal")) << "two sets";
}

TEST(Status, AFirewallThatIsNotLoadedIsAProblem) {
  EXPECT_TRUE(status("firewall=yes\n" + node(0), away("4.25"), front("healthy")).healthy);
  const Status found = status("firewall=no\n" + node(0), away("4.25"), front("healthy"));
  EXPECT_FALSE(found.healthy);
  EXPECT_TRUE(says(found.text,
                   "! two: its firewall is not loaded: run `bramble up`; systemctl "
                   "status bramble-firewall there tells why\n"))
      << found.text;
}

TEST(Status, ABackendThatIsDrainingIsSaidToBeOnce) {
  std::string balancer = front("draining");
  balancer.replace(balancer.find("it is slow"), 10, "draining");
  EXPECT_TRUE(says(status(node(0), away("4.25"), balancer).verdict,
                   "! balancer: one is draining: it is taken in again by itself\n"));
}

TEST(Status, AClusterThatIsWellSaysSo) {
  const Status well = status(node(0), away("4.25"), front("healthy"));
  EXPECT_TRUE(well.healthy);
  EXPECT_EQ(well.text,
            "MACHINE  ROLE      ADDRESS       STATE  BRICK   FREE     HEALS  LOAD  MEMORY FREE  "
            "TEMPERATURE\n"
            "one      node      192.168.2.5   up     online  2.0 GiB  0      0.50  1.0 GiB      "
            "48 °C\n"
            "two      node      192.168.2.6   up     online  2.0 GiB  0      0.50  1.0 GiB      "
            "48 °C\n"
            "away     offsite   198.51.100.7  up     online  5 B      0      0.50  1.0 GiB      -\n"
            "front    balancer  198.51.100.9  up     -       -        -      0.50  1.0 GiB      -\n"
            "\n"
            "volume web: 2 of 2 bricks online, 0 files to heal\n"
            "off-site copy on away: 4.2 s behind\n"
            "\n"
            "BACKEND  STATE    IN FLIGHT  REQUESTS  FAILURES  LATENCY\n"
            "one      healthy  1          20        3         1.2 ms\n"
            "\n"
            "berry is well\n");
}

TEST(Status, AMachineThatDoesNotAnswerIsAProblemAndNothingElseIs) {
  const std::vector<Answer> answers = {{"one", "one: ssh: Connection timed out", {}},
                                       {"two", "", Look::parse(node(0))},
                                       {"away", "", Look::parse(away("1"))},
                                       {"front", "", Look::parse(front("healthy"))}};
  const Status status = status_of(kWholeCluster, answers, false);
  EXPECT_FALSE(status.healthy);
  EXPECT_TRUE(says(status.text, "unreachable")) << status.text;
  EXPECT_TRUE(says(status.text, "\n! one: ssh: Connection timed out\n")) << status.text;
  EXPECT_TRUE(says(status.json, "\"bricks_online\": 1,")) << status.json;
  EXPECT_TRUE(says(status.json, "\"bricks_unknown\": 1,")) << status.json;
  EXPECT_TRUE(says(status.json, "\"bramble-web\": null,")) << status.json;
  EXPECT_TRUE(says(status.json,
                   "\"firewall\": null,\n      \"read_only\": null,\n      "
                   "\"vitals\": null,\n      \"vitals_age_seconds\": null\n"))
      << status.json;
  EXPECT_TRUE(says(status.text, "volume web: 1 of 2 bricks online, 1 unknown, 0 files to heal\n"))
      << status.text;
  EXPECT_EQ(status.verdict, "! one: ssh: Connection timed out\n");
}

TEST(Status, WhatNobodyCouldBeAskedIsUnknown) {
  std::vector<Answer> answers;
  for (const char* name : {"one", "two", "away", "front"}) answers.push_back({name, "gone", {}});
  const Status status = status_of(kWholeCluster, answers, false);
  EXPECT_TRUE(says(status.text, "volume web: unknown, no node tells\n")) << status.text;
  EXPECT_TRUE(says(status.text, "off-site copy on away: unknown how far behind\n"));
  EXPECT_TRUE(says(status.json, "\"bricks_online\": null")) << status.json;
  EXPECT_TRUE(says(status.json, "\"heals_pending\": null")) << status.json;
  EXPECT_EQ(status.verdict, "! gone\n! gone\n! gone\n! gone\n");
}

TEST(Status, WhatIsToHealIsUnknownWhereNoNodeOfASetTells) {
  Cluster cluster{.name = "berry"};
  std::vector<Answer> answers;
  for (int i = 0; i < 6; ++i) {
    const std::string name = "n" + std::to_string(i);
    cluster.nodes.push_back({name, "192.168.2.5"});
    answers.push_back({name, i < 3 ? "gone" : "", i < 3 ? Look() : Look::parse(node(0))});
  }
  EXPECT_TRUE(says(status_of(cluster, answers, false).text,
                   "3 of 6 bricks online, 3 unknown, unknown how many files to heal\n"));
  std::string unmounted = node(0, "false");
  unmounted.replace(unmounted.find("\"heals_pending\": 0"), 18, "\"heals_pending\": null");
  answers[0] = {"n0", "", Look::parse(unmounted)};
  EXPECT_TRUE(says(status_of(cluster, answers, false).text,
                   "3 of 6 bricks online, 2 unknown, unknown how many files to heal\n"));
  EXPECT_TRUE(says(status_of(cluster, answers, false).json, "\"offsite\": null,"));
  answers[0] = {"n0", "", Look::parse(node(2))};
  EXPECT_TRUE(says(status_of(cluster, answers, false).text,
                   "4 of 6 bricks online, 2 unknown, 2 files to heal\n"));
}

TEST(Status, ACopyWhoseLagIsNotMeasuredYetIsNoProblem) {
  const Status booted = status(node(0), away("null, \"beat_time\": 909.0"), front("healthy"));
  EXPECT_TRUE(booted.healthy) << booted.text;
  EXPECT_TRUE(says(booted.text, "copy on away: not measured yet, less than 90.0 s behind\n"))
      << booted.text;
  EXPECT_TRUE(says(booted.json, "\"lag_seconds\": null,\n    \"lag_seconds_max\": 90.0"))
      << booted.json;
}

// One line for each problem, with what to do.
TEST(Status, TellsWhatIsWrongAndWhatToDo) {
  const auto tells = [](const Status& status, const std::string& line) {
    EXPECT_TRUE(says("\n" + status.verdict, "\n! " + line + "\n")) << status.verdict;
  };
  const auto node_with = [](const std::string& more) {
    return status("bramble-web=active\n" + vitals(more), away("1"), front("healthy"));
  };
  tells(status(node(12), away("1"), front("healthy")),
        "12 files of the volume to heal: wait, it heals itself while all nodes are on");
  tells(node_with(", \"volume\": {\"split_brain\": 1}"),
        "two: it knows 1 file in split-brain: gluster volume heal web info split-brain there lists "
        "what, gluster volume heal web split-brain latest-mtime FILE keeps the newer one");
  tells(node_with(", \"volume\": {\"reachable\": true, \"trouble\": \"full\"}"),
        "two: it cannot write to the volume: full: most nodes must be on, and their bricks have "
        "room");
  tells(node_with(", \"volume\": {\"reachable\": false, \"trouble\": \"down\"}"),
        "two: it does not reach the volume: down: switch on the nodes that are off, run `bramble "
        "up`");
  tells(status(node(0), vitals(", \"volume\": {\"reachable\": false, \"trouble\": \"down\"}"),
               front("healthy")),
        "away: it does not reach the volume: down: run `bramble up`");
  tells(status(vitals(""), away("1"), front("healthy")),
        "two: bramble-web is unknown: run `bramble up`; journalctl -u bramble-web there tells why");
  tells(node_with(", \"throttling\": {\"now\": [\"under-voltage\", \"throttled\"]}"),
        "two: it is throttled (under-voltage, throttled): give it a stronger power supply");
  tells(node_with(", \"throttling\": {\"now\": [\"temperature-limit\"]}"),
        "two: it is throttled (temperature-limit): give it better cooling");
  tells(status(node(0, "false"), away("1"), front("healthy")),
        "two: its brick is offline: run `bramble up`, which starts it again");
  tells(node_with(", \"brick\": {\"mounted\": false, \"online\": false}"),
        "two: its brick is not mounted: is its disk there? Then run `bramble up`");
  tells(status(node(0), away("75.5"), front("healthy")),
        "away: its copy is 76 s behind: wait where much was written, else see journalctl -u "
        "bramble-vitals on the nodes");
  tells(status(node(0), away("null"), front("healthy")),
        "away: how far its copy is behind is not known: see journalctl -u bramble-vitals on the "
        "nodes");
  tells(status(node(0), away("1"), front("ejected")),
        "balancer: one is ejected: it is slow: it is taken in again by itself");
}

TEST(Status, AServiceThatIsDownIsToldOnce) {
  const auto with = [](const std::string& web_and_vitals) {
    return status("now=1\n" + web_and_vitals +
                      "bramble-mount=active\nglusterd=active\nwg-quick@bramble=active\n",
                  away("1"), front("healthy"))
        .verdict;
  };
  const std::string cure = ": run `bramble up`; journalctl -u ";
  EXPECT_EQ(with("bramble-web=failed\nbramble-vitals=active\n"),
            "! two: bramble-web is failed" + cure + "bramble-web there tells why\n" +
                "! two: it wrote no vitals yet: journalctl -u bramble-vitals there tells why\n");
  EXPECT_EQ(with("bramble-web=active\nbramble-vitals=inactive\n"),
            "! two: bramble-vitals is inactive" + cure + "bramble-vitals there tells why\n");
}

TEST(Status, WhatFollowsFromAProblemIsNone) {
  const auto problems = [](const std::string& more) {
    std::string with = node(0);
    with.replace(with.find(", \"brick\""), std::string::npos, more + "}\n");
    const std::string verdict = status(with, away("75"), front("healthy")).verdict;
    return std::count(verdict.begin(), verdict.end(), '\n') - 1;  // but for the copy's
  };
  EXPECT_EQ(problems(", \"brick\": {\"mounted\": false, \"online\": false}"), 1);
  EXPECT_EQ(problems(", \"brick\": {\"online\": true, \"total_bytes\": 5}"), 0);
  EXPECT_EQ(problems(", \"volume\": {\"reachable\": false, \"trouble\": \"down\"}"), 1);
}

TEST(Status, ABalancerThatDoesNotAnswerIsAProblem) {
  const std::string running = "bramble-balance=active\n" + vitals(", \"brick\": null");
  for (const std::string& said :
       {running, running + "@balancer\n", running + "@balancer\n|<html>\n"}) {
    const Status silent = status(node(0), away("1"), said);
    EXPECT_FALSE(silent.healthy);
    EXPECT_TRUE(says(silent.text,
                     "! front: the balancer does not tell of its backends: see systemctl status "
                     "bramble-balance there\n"))
        << silent.text;
    EXPECT_TRUE(says(silent.json, "\"balancer\": null")) << silent.json;
  }
}

TEST(Status, WhatANodeMissesOffsiteIsNotThere) {
  const std::string misses = vitals(", \"georeplication\": {\"lag_seconds\": 75}");
  EXPECT_TRUE(says(status("bramble-web=active\n" + misses, away("1"), front("healthy")).text,
                   "! away: its copy is 75 s behind: "));
}

TEST(Status, OldVitalsAreADeadService) {
  const std::string old =
      "now=1060\nbramble-web=active\nbramble-vitals=active\n"
      "@/run/bramble/vitals.json\n|{\"time\": 1000}\n";
  EXPECT_TRUE(says(status(old, away("1"), front("healthy")).text,
                   "! two: its vitals are 60 s old: run systemctl restart bramble-vitals there\n"));
}

TEST(Status, VitalsAheadOfTheClockAreADeadServiceToo) {
  const std::string ahead =
      "now=1000\nbramble-web=active\nbramble-vitals=active\n"
      "@/run/bramble/vitals.json\n|{\"time\": 8200}\n";
  EXPECT_TRUE(says(status(ahead, away("1"), front("healthy")).text,
                   "! two: its vitals are 7200 s ahead of its clock, which was set back: run "
                   "systemctl restart bramble-vitals there\n"));
}

TEST(Status, ACopyThatLagsAsNobodyCopiesIsToldSo) {
  const auto with = [](const char* name, const std::string& monitor) {
    const std::string more = ", \"georeplication\": {\"monitor\": " + monitor + "}";
    return Answer{name, "", Look::parse("bramble-web=active\n" + vitals(more))};
  };
  const auto lags = [](const Answer& one, const Answer& two) {
    const std::vector<Answer> answers = {one, two, {"away", "", Look::parse(away("75"))}};
    return status_of(kWholeCluster, answers, false).verdict;
  };
  const std::string nobody = lags(with("one", "false"), with("two", "false"));
  EXPECT_TRUE(says(nobody,
                   "! away: its copy is 75 s behind: geo-replication runs on no node: run "
                   "`bramble up`, which starts it again\n"))
      << nobody;
  const char* const wait = "! away: its copy is 75 s behind: wait where much was written";
  EXPECT_TRUE(says(lags(with("one", "true"), with("two", "false")), wait));
  EXPECT_TRUE(says(lags({"one", "no route", {}}, with("two", "false")), wait)) << "it may copy";
}

TEST(Status, GarbledVitalsAreNone) {
  const std::string garbled =
      "now=1\nbramble-web=active\nbramble-vitals=active\n@/run/bramble/vitals.json\n|{\"time\n";
  const Status told = status(garbled, away("1"), front("healthy"));
  EXPECT_TRUE(says(told.text, "! two: it wrote no vitals yet: ")) << told.text;
}

TEST(Status, IsSettledOnceWhatWasStartedAnswers) {
  Cluster cluster{.name = "berry", .nodes = {{"one", "192.168.2.5"}}};
  auto one = std::make_unique<FakeHost>("one");
  one->react("", [asked = std::make_shared<std::atomic<int>>(0)](const Script&) -> Result<Outcome> {
    const std::string volume = ", \"volume\": {\"reachable\": false, \"trouble\": \"connecting\"}";
    const std::string services = "bramble-web=active\nbramble-mount=active\nglusterd=active\n";
    return Outcome{.out = ++*asked == 1 ? services + vitals(volume) : node(0)};
  });
  std::map<std::string, std::unique_ptr<Host>> hosts;
  hosts.emplace("one", std::move(one));
  const Site site(cluster, std::move(hosts));
  EXPECT_EQ(status_of(cluster, {{"one", "", Look::parse(node(0))}}, false).verdict,
            "berry is well\n");
  EXPECT_EQ(settled_status(site, false).verdict, "berry is well\n");
}

}  // namespace
}  // namespace bramble::provision
