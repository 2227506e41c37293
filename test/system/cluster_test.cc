// SPDX-License-Identifier: Apache-2.0
// One life of a cluster, from fresh hosts on: each test takes it as the one before has left it. Its
// bad days are in cluster_bad_days_test.cc.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "base/clock.hh"
#include "base/file.hh"
#include "base/text.hh"
#include "system/cluster_fixture.hh"

namespace bramble::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Cluster = ClusterTest;

// The partitions that a host's SD card comes with; ends in "p" before a partition's number.
constexpr const char* kCard =
    "/dev/$(basename $(dirname $(readlink -f /sys/dev/block/$(findmnt -no MAJ:MIN /))))";
constexpr const char* kDumpOfCard =
    "sudo sfdisk -d /dev/$(basename $(dirname $(readlink -f /sys/dev/block/$(findmnt -no MAJ:MIN "
    "/)))) | sed -nE '/^label/p; s,^/dev/.*p([12] ),\\1,p'";  // a boot gives the card another name

std::map<std::string, std::string>& cards_as_they_came() {
  static std::map<std::string, std::string> cards;
  return cards;
}

TEST_F(Cluster, ADeviceThatHoldsAFilesystemIsRefusedAndUnharmed) {
  for (const char* host : {"cluster01", "cluster02", "cluster03", "cluster04"})
    cards_as_they_came()[host] = lab().ssh_ok(host, kDumpOfCard);
  const std::string device = fmt::format("$(echo {}p1)", kCard);
  std::map<std::string, std::string> before;
  for (const std::string& node : kNodes) {
    lab().ssh_ok(node, "sudo mkfs.ext4 -q -L photos " + device);
    before[node] = lab().ssh_ok(node, "sudo sha256sum " + device);
  }
  const std::string path = std::string(trim(lab().ssh_ok("cluster01", "echo " + device)));
  std::string text = read_file(lab().cluster_file()).value();
  const std::string brick = "free-space = true";
  text.replace(text.find(brick), brick.size(), "device = \"" + path + "\"");
  const std::string file = lab().folder() + "/with-a-device.toml";
  ASSERT_TRUE(write_file(file, text).ok());

  const Outcome up = bramble({"up", "--yes"}, file);
  EXPECT_EQ(up.status, 1);
  EXPECT_THAT(up.out + up.err, HasSubstr(path));
  EXPECT_THAT(up.out + up.err, HasSubstr("ext4"));
  EXPECT_EQ(lab().ssh_ok("cluster01", "sudo sha256sum " + device), before["cluster01"]);
  for (const std::string& node : kNodes)
    EXPECT_EQ(lab().ssh_ok(node, "hostname"), "raspberrypi\n") << "a refused plan changed " << node;
}

TEST_F(Cluster, KilledInFiveStepsItConverges) {
  ASSERT_TRUE(up_killed_after("front", "packages", 2s));            // the nodes still install
  ASSERT_TRUE(up_killed_after("cluster01", "firewall", 400ms));     // making the brick
  ASSERT_TRUE(up_killed_after("cluster01", "tunnel answers", 2s));  // forming the pool
  ASSERT_TRUE(up_killed_after("cluster01", "mount", 700ms));        // starting the services
  ASSERT_TRUE(up_killed_after("cluster01", "services", 4s));  // pairing with the off-site copy
  const Outcome up = bramble({"up", "--yes"});
  EXPECT_EQ(up.status, 0) << up.out << up.err;
  const Outcome again = bramble({"up", "--yes"});  // at once: nothing was left to come by itself
  EXPECT_EQ(again.status, 0) << again.out << again.err;
  EXPECT_THAT(count_of_changes(again), HasSubstr("0 changes")) << again.out;
}

// What the engine wrote, too: keys, its own settings.
TEST_F(Cluster, ALossOfPowerRightAfterTakesNothingBack) {
  cut_and_restore_all();
  ASSERT_TRUE(serves_from_all_nodes());
  publish("cluster03", "night.txt", "after the first night");
  EXPECT_TRUE(lies_offsite("night.txt", "after the first night")) << offsite_story();
}

// What hung as it started is helped within two minutes: for so long there may be work to do.
TEST_F(Cluster, ASecondUpChangesNothing) {
  EXPECT_TRUE(has_nothing_to_do()) << bramble({"plan"}).out;
  const Monotonic start = SystemClock().now();
  const Outcome up = bramble({"up", "--yes"});
  EXPECT_EQ(up.status, 0) << up.out << up.err;
  EXPECT_THAT(count_of_changes(up), HasSubstr("0 changes")) << up.out;
  RecordProperty("second_up", human_duration(SystemClock().now() - start));
  const Outcome plan = bramble({"plan"});
  EXPECT_THAT(plan.out, HasSubstr("0 changes"));
}

TEST_F(Cluster, PartitionsThatExistedAreByteForByteAsTheyWere) {
  for (const auto& [host, card] : cards_as_they_came())
    EXPECT_EQ(lab().ssh_ok(host, kDumpOfCard), card) << host;
}

TEST_F(Cluster, NobodyLogsInWithTheKnownPassword) {
  for (const std::string& host : kNodes)
    EXPECT_THAT(lab().ssh_ok(host, "sudo passwd --status pi"), HasSubstr("pi L "));
}

TEST_F(Cluster, RequestsSpreadEvenlyOverAllNodes) {
  ASSERT_TRUE(serves_from_all_nodes());
  publish("cluster01", "index.html", "It grows");
  ASSERT_TRUE(serves("", "It grows"));
  std::map<std::string, int> counts;
  for (int tries = 0; tries < 5; ++tries) {
    counts.clear();
    Monotonic::duration longest{0};
    for (int i = 0; i < 300; ++i) {
      const Monotonic start = SystemClock().now();
      ++counts[get("").served_by];
      longest = std::max(longest, SystemClock().now() - start);
    }
    // Who is slow gets less, for as long as this machine's other work makes it so: then once more.
    const auto even = [](const auto& each) { return each.second >= 80 && each.second <= 120; };
    if (std::ranges::all_of(counts, even) || longest <= 100ms) break;
  }
  ASSERT_EQ(counts.size(), 3U);
  for (const auto& [node, count] : counts) {
    EXPECT_GE(count, 80) << node;
    EXPECT_LE(count, 120) << node;
  }
}

TEST_F(Cluster, AFileWrittenOnOneNodeIsReadThroughFrontAndOffsite) {
  const std::string content = "written on cluster01 at " + std::to_string(::getpid());
  publish("cluster01", "news.txt", content);
  EXPECT_TRUE(serves("news.txt", content));
  EXPECT_TRUE(lies_offsite("news.txt", content)) << offsite_story();
  publish("cluster03", "news.txt", content + ", then changed");
  EXPECT_TRUE(serves("news.txt", content + ", then changed"));
  EXPECT_TRUE(lies_offsite("news.txt", content + ", then changed")) << offsite_story();
}

// A look-up at the moment of a rename can leave a brick with the old file's times for the new one.
TEST_F(Cluster, AFileThatIsRenamedOverWhileItIsAskedForIsServed) {
  const Outcome seen = lab().ssh("cluster01", R"sh(
cd /srv/web
for node in cluster02 cluster03; do
  while [ ! -e /tmp/renamed ]; do curl -s -o /dev/null http://$node/over.txt; done &
done
for i in $(seq 200); do
  sudo sh -c "echo $i > over.new; mv -T over.new over.txt"
  for node in cluster02 cluster03; do
    looks=0
    until [ "$(curl -s http://$node/over.txt)" = $i ]; do
      looks=$((looks + 1))
      if [ $looks = 200 ]; then echo "$node does not serve $i"; break; fi
      sleep 0.01
    done
  done
done
touch /tmp/renamed
wait)sh");
  EXPECT_EQ(seen.out, "") << seen.err;
}

// Each time other ones, as a node keeps what it has read; and each time it may be that something
// was written just before the folder was listed, a heartbeat above all.
TEST_F(Cluster, FilesThatANodeDoesNotKeepAreReadOnItsBricksDisk) {
  int round = 0;
  EXPECT_TRUE(eventually(
      [&] {
        const Outcome seen = lab().ssh("cluster02", fmt::format(R"sh(
folder=cold{}
sudo sh -c "mkdir /srv/web/$folder && for i in \$(seq 40); do echo page \$i > /srv/web/$folder/\$i; done"
sleep 2
from_disk() {{ curl -s 127.0.0.1:8405/metrics | sed -n 's/^bramble_cache_files_from_disk_total //p'; }}
before=$(from_disk)
for i in $(seq 40); do
  [ "$(curl -s http://127.0.0.1/$folder/$i)" = "page $i" ] || echo "$i is another"
done
[ "$(from_disk)" -gt "$before" ])sh",
                                                                round++));
        EXPECT_EQ(seen.out, "") << seen.err;
        return seen.ok();
      },
      kPatience));
}

// GlusterFS never sends again what it sent once.
TEST_F(Cluster, WhatLiesOffsiteOutlivesALossOfPowerThere) {
  const std::string content = "sent " + std::to_string(::getpid());
  publish("cluster02", "kept.txt", content);
  ASSERT_TRUE(lies_offsite("kept.txt", content)) << offsite_story();
  lab().power_cut("cluster04");
  lab().power_on("cluster04");
  EXPECT_TRUE(lies_offsite("kept.txt", content));
}

// Also of files whose times geo-replication keeps roughly, or not at all.
TEST_F(Cluster, EntityTagsAreTheSameOffsite) {
  publish("cluster01", "tag.txt", "tagged");
  publish("cluster01", "empty.txt", "");
  EXPECT_TRUE(lies_offsite("tag.txt", "tagged")) << offsite_story();
  lab().ssh_ok("cluster01", "sudo touch /srv/web/tag.txt /srv/web/empty.txt");
  const auto tag = [&](const std::string& host, const std::string& path) {
    return lab().ssh(host, "curl -sI http://127.0.0.1/" + path + " | grep -i ^etag").out;
  };
  const auto agree = [&] {
    const std::string tagged = tag("cluster01", "tag.txt"), empty = tag("cluster01", "empty.txt");
    return !tagged.empty() && tagged == tag("cluster04", "tag.txt") && !empty.empty() &&
           empty == tag("cluster04", "empty.txt");
  };
  EXPECT_TRUE(eventually(agree, kPatience)) << offsite_story();
}

TEST_F(Cluster, OffsiteAndFrontOpenNoConnectionToTheLan) {
  std::vector<std::string> lan, tunnel;
  for (const char* last : {"11", "12", "13"})
    for (const char* port : {"22", "80", "24007", "49152"}) {
      lan.push_back(fmt::format("10.89.0.{}/{}", last, port));
      tunnel.push_back(fmt::format("10.77.0.{}/{}", last, port));
    }
  EXPECT_THAT(connects("cluster04", lan), IsEmpty());
  EXPECT_THAT(connects("cluster04", tunnel), IsEmpty());
  EXPECT_THAT(connects("front", lan), IsEmpty());
  std::vector<std::string> reached;
  (void)eventually([&] {
    reached = connects("front", tunnel);
    return reached.size() >= kNodes.size();
  });
  EXPECT_THAT(reached, UnorderedElementsAre("10.77.0.11/80", "10.77.0.12/80", "10.77.0.13/80"));
}

TEST_F(Cluster, GlusterDoesNotAnswerOnThePublicAddressOfOffsite) {
  const std::string ports = lab().ssh_ok(
      "cluster04",
      "sudo ss -Hltnp | grep gluster | awk '{sub(/.*:/,\"\",$4); print $4}' | sort -u");
  std::vector<std::string> there;
  for (const std::string_view port : lines(ports))
    there.push_back(fmt::format("198.18.0.4/{}", port));
  ASSERT_GE(there.size(), 2U) << "glusterd and a brick listen: " << ports;
  EXPECT_THAT(connects("front", there), IsEmpty());
}

TEST_F(Cluster, HowTheNodesAreIsNotForVisitors) {
  EXPECT_EQ(get(".bramble/health").status, 404);
  EXPECT_THAT(lab().ssh_ok("front", "curl -s http://10.77.0.11/.bramble/health"),
              HasSubstr("\"status\":\"ok\""));
}

TEST_F(Cluster, TheConsolesDoorLeadsToTheBalancersAdmin) {
  const Result<std::string> status = run_ok(
      {"curl", "--silent", "--fail", "--max-time", "10", lab().url("console") + "status.json"});
  ASSERT_TRUE(status.ok()) << status.error().what;
  EXPECT_THAT(*status, HasSubstr("\"cluster01\""));
  EXPECT_THAT(connects("cluster04", {"198.18.0.10/8404", "10.77.0.1/8404"}), IsEmpty());
}

TEST_F(Cluster, AClientInTheLanMountsWithThePrintedLinesAndWrites) {
  const Outcome hosts = bramble({"hosts"});
  ASSERT_EQ(hosts.status, 0) << hosts.err;
  std::string mount;  // "#   cluster01:/web /srv/web glusterfs … 0 0"
  for (const std::string_view line : lines(hosts.out))
    if (line.ends_with(" 0 0")) mount = trim(line.substr(1));
  ASSERT_THAT(mount, HasSubstr("backup-volfile-servers="));
  lab().ssh_ok("client",
               "sudo apt-get -qq update && sudo DEBIAN_FRONTEND=noninteractive apt-get "
               "-qq -y install glusterfs-client >/dev/null");
  lab().ssh_ok("client", "printf %s " + shell_quote(hosts.out) + " | sudo tee -a /etc/hosts");
  lab().ssh_ok("client", "echo " + shell_quote(mount) + " | sudo tee -a /etc/fstab");
  lab().ssh_ok("client", "sudo mkdir -p /srv/web && sudo mount /srv/web");
  lab().ssh_ok("client", "echo -n from a client | sudo tee /srv/web/client.txt");
  EXPECT_TRUE(serves("client.txt", "from a client"));
}

TEST_F(Cluster, StatusTellsThatAllIsWell) {
  Outcome status;
  const auto is_well = [&] {
    status = bramble({"status"});
    return status.status == 0 && status.out.ends_with(" is well\n");
  };
  EXPECT_TRUE(eventually(is_well, kPatience)) << status.err << offsite_story();
  for (const char* name : {"cluster01", "cluster02", "cluster03", "cluster04", "front"})
    EXPECT_THAT(status.out, HasSubstr(name));
}

}  // namespace
}  // namespace bramble::test
