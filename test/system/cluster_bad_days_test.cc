// SPDX-License-Identifier: Apache-2.0
// The bad days of the cluster of cluster_test.cc, which is as that has left it: nodes, cards,
// cables and power go, and come back.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/file.hh"
#include "system/cluster_fixture.hh"

namespace bramble::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

using Cluster = ClusterTest;

// 50 requests a second while a node loses its power, and what the visitors saw is told, not judged;
// but downloads, of which some began at that node, are whole.
TEST_F(Cluster, APowerCutUnderLoadIsSurvived) {
  lab().ssh_ok("cluster01", "sudo sh -c 'head -c 64000000 /dev/urandom > /srv/web/film.bin'");
  const Outcome drill =
      bramble_alone({"drill", "power-cut", "cluster02", "--name", lab().name(), "--load", "50",
                     "--downloads", "4", "--file", "/film.bin", "--rate", "6"});
  fmt::print("{}", drill.out);
  EXPECT_THAT(drill.out, HasSubstr(", 0 failed, 0 with other bytes; ")) << drill.err;
  EXPECT_TRUE(serves("", "It grows"));
  EXPECT_TRUE(serves_from_all_nodes());
}

// Wherever it was served from when that died.
TEST_F(Cluster, EachDownloadOutlivesTheWebServerThatServesIt) {
  // What is written while GlusterFS heals it gets a new time a moment later (see heal_test.cc), and
  // whoever began before that could not go on elsewhere.
  EXPECT_TRUE(is_healed());
  lab().ssh_ok("cluster01", "sudo sh -c 'head -c 64000000 /dev/urandom > /srv/web/film.bin'");
  const Outcome drill = bramble_alone(
      {"drill", "kill", "cluster01", "cluster02", "cluster03", "--name", lab().name(), "--aim",
       "--load", "50", "--downloads", "2", "--file", "/film.bin", "--count", "6", "--json"});
  fmt::print("{}", drill.out);
  EXPECT_EQ(drill.status, 0) << drill.err;
  const auto told = nlohmann::json::parse(drill.out, nullptr, false);
  ASSERT_TRUE(told.is_object());
  EXPECT_GE(told["downloads"]["hit"].get<int>(), 6);
  EXPECT_EQ(told["downloads"]["whole"], told["downloads"]["all"]) << story_of("front", "balance");
  for (const char* node : {"cluster01", "cluster02", "cluster03"})
    if (HasFailure()) fmt::print("{}", story_of(node, "web"));
  EXPECT_GE(told["times"].get<int>(), 3);
  EXPECT_TRUE(serves_from_all_nodes());
}

// The copy off-site answers nobody while a node does.
TEST_F(Cluster, ADrillThatCanHitNobodyEnds) {
  const Outcome drill =
      bramble_alone({"drill", "kill", "cluster04", "--name", lab().name(), "--aim", "--load", "0",
                     "--downloads", "2", "--file", "/index.html", "--count", "3"});
  EXPECT_EQ(drill.status, 1);
  EXPECT_THAT(drill.out, HasSubstr("faults     0 "));
  EXPECT_THAT(drill.err, HasSubstr("none was given by cluster04"));
}

TEST_F(Cluster, ADrillMendsWhenItsDownloadsAreOver) {
  lab().ssh_ok("cluster01", "sudo sh -c 'head -c 30000000 /dev/urandom > /srv/web/long.bin'");
  const auto is_cut = [&] { return lab().lab_ok({"status"}).find(" cut") != std::string::npos; };
  Outcome outcome;
  std::thread drill([&] {  // the time is over after 4 s, the first download after 15 s
    outcome =
        bramble_alone({"drill", "cut", "cluster02", "--name", lab().name(), "--load", "0",
                       "--downloads", "1", "--file", "/long.bin", "--rate", "2", "--for", "4"});
  });
  EXPECT_TRUE(eventually(is_cut));
  std::this_thread::sleep_for(5s);
  EXPECT_TRUE(is_cut()) << "a download is under way";
  drill.join();
  EXPECT_FALSE(is_cut());
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(serves_from_all_nodes());
}

TEST_F(Cluster, EachHostComesBackFromARebootUnattended) {
  for (const char* host : {"cluster01", "cluster02", "cluster03", "cluster04", "front"}) {
    lab().reboot(host);
    EXPECT_TRUE(serves_from_all_nodes()) << "after a reboot of " << host;
  }
  for (const std::string& node : kNodes)
    EXPECT_THAT(lab().ssh_ok(node, "sudo journalctl --no-pager -b -1 -u bramble-bricks"),
                HasSubstr("Stopped bramble-bricks.service"));
}

TEST_F(Cluster, AllComeBackFromALossOfPowerAtOnceUnattended) {
  publish("cluster03", "evening.txt", "written by nobody's sync");
  std::this_thread::sleep_for(10s);
  cut_and_restore_all();
  EXPECT_TRUE(serves_from_all_nodes());
  EXPECT_TRUE(serves("", "It grows"));
  EXPECT_TRUE(serves("evening.txt", "written by nobody's sync"));
  publish("cluster02", "after.txt", "after the night");
  EXPECT_TRUE(serves("after.txt", "after the night"));
  EXPECT_TRUE(lies_offsite("after.txt", "after the night")) << offsite_story();
  for (const std::string& node : kNodes) EXPECT_TRUE(hears_in_the_tunnel(node)) << node;
  for (const char* host : {"cluster01", "cluster04", "front"})
    EXPECT_TRUE(has_room_in_the_tunnel(host)) << lab().ssh_ok(host, "ss -Huanmp");
}

TEST_F(Cluster, AReplacedCardIsFilledFromTheOthers) {
  lab().power_cut("cluster02");
  publish("cluster01", "meanwhile.txt", "written while its card was replaced");
  ASSERT_TRUE(fs::remove(lab().folder() + "/hosts/cluster02/disk.img"));
  lab().lab_ok({"up"});
  const Result<Outcome> greeted =
      run(Command{.argv = {"ssh", "-F", lab().ssh_config(), "-o",
                           "StrictHostKeyChecking=accept-new", "cluster02", "true"}});
  ASSERT_TRUE(greeted.ok() && greeted->ok());
  const Outcome up = bramble({"up", "--yes"});
  ASSERT_EQ(up.status, 0) << up.out << up.err;
  EXPECT_TRUE(is_healed()) << bramble({"status"}).out;
  const auto brick_of = [&](const std::string& node) {
    return lab().ssh_ok(node,
                        "cd /srv/brick/web && sudo find . -name '.*' ! -name . -prune -o -type f "
                        "-exec md5sum {} + | sort");
  };
  const std::string whole = brick_of("cluster01");
  EXPECT_THAT(whole, HasSubstr("./meanwhile.txt"));
  EXPECT_TRUE(eventually([&] { return brick_of("cluster02") == whole; })) << brick_of("cluster02");
  EXPECT_TRUE(eventually([&] { return versions_of("meanwhile.txt") == 1; }));
  EXPECT_TRUE(serves_from_all_nodes());
}

TEST_F(Cluster, AfterAllThatUpStillChangesNothing) {
  EXPECT_TRUE(has_nothing_to_do()) << bramble({"plan"}).out;
  const Outcome up = bramble({"up", "--yes"});
  EXPECT_EQ(up.status, 0) << up.out << up.err;
  EXPECT_THAT(count_of_changes(up), HasSubstr("0 changes")) << up.out;
}

// One node of three is no quorum: it is there, and reads nothing.
TEST_F(Cluster, WhenTwoOfThreeNodesAreDeadTheOffsiteCopyIsServed) {
  for (const char* host : {"cluster02", "cluster03"}) lab().power_cut(host);
  EXPECT_TRUE(eventually([&] {
    bool steady = true;  // at first the third is ejected and tried again in turns
    for (int i = 0; steady && i < 20; ++i) {
      const Answer answer = get("");
      steady = answer.served_by == "cluster04" && answer.body == "It grows";
    }
    return steady;
  }));
  for (const char* host : {"cluster02", "cluster03"}) lab().power_on(host);
  EXPECT_TRUE(serves_from_all_nodes());
  EXPECT_TRUE(serves("", "It grows"));
}

TEST_F(Cluster, WhenHomeIsDarkTheOffsiteCopyIsServed) {
  for (const std::string& node : kNodes) lab().cut(node);
  EXPECT_TRUE(eventually([&] { return get("").served_by == "cluster04"; }));
  EXPECT_EQ(get("").body, "It grows");
  for (const std::string& node : kNodes) lab().mend(node);
  EXPECT_TRUE(serves_from_all_nodes());
}

TEST_F(Cluster, GeoReplicationToAMachineThatTheFileLeavesOutEnds) {
  std::string text = read_file(lab().cluster_file()).value();
  const std::size_t offsite = text.find("\n[offsite]");
  text.erase(offsite, text.find("\n[balancer]") - offsite);
  const std::string file = lab().folder() + "/without-offsite.toml";
  write_file(file, text).value();
  const Outcome up = bramble({"up", "--yes"}, file);
  EXPECT_EQ(up.status, 0) << up.out << up.err;
  const Outcome sessions =
      lab().ssh("cluster01", "sudo gluster volume geo-replication status 2>&1");
  EXPECT_THAT(sessions.out, HasSubstr("No active geo-replication sessions"));
  EXPECT_THAT(count_of_changes(bramble({"up", "--yes"}, file)), HasSubstr("0 changes"));
  EXPECT_TRUE(serves("", "It grows"));
}

}  // namespace
}  // namespace bramble::test
