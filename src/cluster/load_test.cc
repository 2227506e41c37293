// SPDX-License-Identifier: Apache-2.0
#include "cluster/load.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/file.hh"

namespace bramble {
namespace {

using testing::HasSubstr;

constexpr std::string_view kGood = R"(name     = "berry"
timezone = "Europe/Berlin"
[ssh]
user = "pi"
config = "ssh_config"
[[node]]
name    = "cluster01"
address = "192.168.2.5"
[[node]]
name    = "cluster02"
address = "192.168.2.6"
[[node]]
name    = "cluster03"
address = "192.168.2.7"
[offsite]
name    = "cluster04"
address = "198.51.100.7"
[balancer]
name    = "front"
address = "198.51.100.9"
listen  = ["0.0.0.0:80", "198.51.100.9:8080"]
[volume]
name  = "web"
brick = { free-space = true }
[[site]]
host = "example.org"
root = "/blog"
)";

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string copy(text);
  const std::size_t at = copy.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return copy.replace(at, what.size(), with);
}

std::string faults_of(const std::string& text) {
  std::string all;
  for (const Fault& fault : parse_cluster(text, {.folder = "/home/me"}).faults)
    all += "bramble.toml:" + std::to_string(fault.at.line) + ":" + std::to_string(fault.at.column) +
           ": " + fault.what + "\n";
  return all;
}

// The good file with one piece replaced.
std::string faults_with(std::string_view what, std::string_view with) {
  return faults_of(replaced(kGood, what, with));
}

TEST(LoadCluster, ReadsEverythingThatTheFileSays) {
  const ParsedCluster parsed = parse_cluster(kGood, {.folder = "/home/me"});
  ASSERT_EQ(faults_of(std::string(kGood)), "");
  const Cluster& cluster = parsed.cluster;
  EXPECT_EQ(cluster.name, "berry");
  EXPECT_EQ(cluster.timezone, "Europe/Berlin");
  EXPECT_EQ(cluster.ssh.user, "pi");
  EXPECT_EQ(cluster.ssh.config, "/home/me/ssh_config");
  ASSERT_EQ(cluster.nodes.size(), 3U);
  EXPECT_EQ(cluster.nodes[1].name, "cluster02");
  EXPECT_EQ(cluster.nodes[1].address, "192.168.2.6");
  EXPECT_EQ(cluster.nodes[1].role, Role::kNode);
  EXPECT_EQ(cluster.offsite->name, "cluster04");
  EXPECT_EQ(cluster.offsite->role, Role::kOffsite);
  EXPECT_EQ(cluster.balancer->address, "198.51.100.9");
  EXPECT_EQ(cluster.balancer_options.listen,
            (std::vector<std::string>{"0.0.0.0:80", "198.51.100.9:8080"}));
  EXPECT_EQ(cluster.volume.name, "web");
  EXPECT_EQ(cluster.volume.brick.kind, Brick::Kind::kFreeSpace);
  ASSERT_EQ(cluster.sites.size(), 1U);
  EXPECT_EQ(cluster.sites[0].host, "example.org");
  EXPECT_EQ(cluster.sites[0].root, "/blog");
}

TEST(LoadCluster, FillsInWhatMayBeLeftAway) {
  const ParsedCluster parsed = parse_cluster(R"(name = "berry"
node = [{name="a", address="10.0.0.1"}, {name="b", address="10.0.0.2"}, {name="c", address="10.0.0.3"}]
[volume]
brick = { path = "/srv/brick" }
)");
  ASSERT_TRUE(parsed.faults.empty()) << parsed.faults[0].what;
  EXPECT_EQ(parsed.cluster.timezone, "Etc/UTC");
  EXPECT_EQ(parsed.cluster.ssh.user, "root");
  EXPECT_EQ(parsed.cluster.ssh.config, "");
  EXPECT_FALSE(parsed.cluster.offsite.has_value());
  EXPECT_FALSE(parsed.cluster.balancer.has_value());
  EXPECT_EQ(parsed.cluster.volume.name, "web");
  EXPECT_EQ(parsed.cluster.volume.brick.kind, Brick::Kind::kFolder);
  EXPECT_EQ(parsed.cluster.volume.brick.path, "/srv/brick");
  ASSERT_EQ(parsed.cluster.sites.size(), 1U);
  EXPECT_EQ(parsed.cluster.sites[0].host, "*");
}

TEST(LoadCluster, TellsAnUnknownKeyAndTheOneThatWasMeant) {
  EXPECT_EQ(faults_with("timezone =", "timezon  ="),
            "bramble.toml:2:1: unknown key \"timezon\", did you mean \"timezone\"?\n");
  EXPECT_EQ(faults_with("user = ", "usr = "),
            "bramble.toml:4:1: unknown key \"usr\", did you mean \"user\"?\n");
  EXPECT_EQ(faults_with("listen  =", "lisetn  ="),
            "bramble.toml:21:1: unknown key \"lisetn\", did you mean \"listen\"?\n");
  EXPECT_EQ(faults_with("config = ", "colour = "),
            "bramble.toml:5:1: unknown key \"colour\": [ssh] has config, user\n");
}

TEST(LoadCluster, TellsAWrongType) {
  EXPECT_EQ(faults_with("\"berry\"", "5"),
            "bramble.toml:1:12: \"name\" must be a string, not an integer\n");
  EXPECT_EQ(faults_with("free-space = true", "free-space = \"yes\""),
            "bramble.toml:24:24: \"free-space\" must be true or false, not a string\n");
  EXPECT_EQ(faults_with("[\"0.0.0.0:80\", \"198.51.100.9:8080\"]", "\"0.0.0.0:80\""),
            "bramble.toml:21:11: \"listen\" must be an array of strings, not a string\n");
  EXPECT_EQ(faults_with("[\"0.0.0.0:80\", \"198.51.100.9:8080\"]", "[\"0.0.0.0:80\", 81]"),
            "bramble.toml:21:26: \"listen\" must be an array of strings, not of an integer\n");
  EXPECT_EQ(faults_with("[ssh]", "[[ssh]]"),
            "bramble.toml:3:1: \"ssh\" must be a table, [ssh], not an array\n");
  EXPECT_EQ(faults_with("[[site]]", "[site]"),
            "bramble.toml:25:1: \"site\" must be an array of tables, [[site]], not a table\n");
}

TEST(LoadCluster, TellsAVolumeThatWouldLieOverItsBrick) {
  EXPECT_EQ(faults_with("free-space = true", "path = \"/srv/web\""),
            "bramble.toml:23:9: the volume is mounted at /srv/web, and its brick lies in /srv/web: "
            "give it another name, or the brick another path\n");
  EXPECT_EQ(faults_with("free-space = true", "path = \"/srv\"").find("23:9"), 13U);
}

TEST(LoadCluster, TellsADoubledName) {
  EXPECT_EQ(faults_with("\"cluster02\"", "\"cluster01\""),
            "bramble.toml:10:11: the name \"cluster01\" is taken already in line 7\n");
  EXPECT_EQ(faults_with("\"front\"", "\"cluster04\""),
            "bramble.toml:19:11: the name \"cluster04\" is taken already in line 16\n");
}

TEST(LoadCluster, TellsADoubledAddress) {
  EXPECT_EQ(faults_with("\"192.168.2.7\"", "\"192.168.2.5\""),
            "bramble.toml:14:11: the address \"192.168.2.5\" is taken already in line 8\n");
}

TEST(LoadCluster, TellsABadAddress) {
  EXPECT_EQ(faults_with("192.168.2.6", "192.168.2.256"),
            "bramble.toml:11:11: bad address \"192.168.2.256\": an IPv4 address, four "
            "numbers, is needed\n");
  EXPECT_EQ(faults_with("192.168.2.6", "127.0.0.1"),
            "bramble.toml:11:11: bad address \"127.0.0.1\": no other machine can reach it\n");
  EXPECT_EQ(faults_with("192.168.2.6", "10.77.0.11"),
            "bramble.toml:11:11: bad address \"10.77.0.11\": 10.77.0.0/24 is the cluster's "
            "tunnel\n");
}

TEST(LoadCluster, TellsFewerThanThreeNodes) {
  EXPECT_EQ(faults_with("[[node]]\nname    = \"cluster03\"\naddress = \"192.168.2.7\"\n", ""),
            "bramble.toml:9:1: 2 of at least 3 nodes: add [[node]] tables; with fewer, no node may "
            "fail\n");
  EXPECT_EQ(faults_of("name = \"berry\"\n[volume]\nbrick = { free-space = true }\n"),
            "bramble.toml:1:1: 0 of at least 3 nodes: add [[node]] tables; with fewer, no node may "
            "fail\n");
}

TEST(LoadCluster, TellsANumberOfNodesThatCannotShareAVolume) {
  std::string text(kGood);
  for (int count = 4; count <= 10; ++count) {
    text += fmt::format("[[node]]\nname = \"more{0}\"\naddress = \"192.168.2.{0}0\"\n", count);
    const bool good = count <= 6 || count == 9;
    EXPECT_EQ(faults_of(text),
              good ? ""
                   : fmt::format("bramble.toml:{}:1: {} nodes cannot share a volume: use three, "
                                 "four or five (a copy on each), or a multiple of three (three "
                                 "copies of each file)\n",
                                 28 + 3 * (count - 4), count));
  }
}

TEST(LoadCluster, TellsABadTimeZone) {
  EXPECT_EQ(faults_with("Europe/Berlin", "Europe/Berln"),
            "bramble.toml:2:12: unknown time zone \"Europe/Berln\", did you mean "
            "\"Europe/Berlin\"?\n");
  EXPECT_EQ(
      faults_with("Europe/Berlin", "Moonbase"),
      "bramble.toml:2:12: unknown time zone \"Moonbase\": one like \"Europe/Berlin\" is needed\n");
}

TEST(LoadCluster, TellsMissingKeys) {
  EXPECT_EQ(faults_with("address = \"198.51.100.7\"\n", ""),
            "bramble.toml:15:1: [offsite] lacks \"address\": add address = \"198.51.100.7\"\n");
  EXPECT_EQ(faults_with("name    = \"front\"\n", ""),
            "bramble.toml:18:1: [balancer] lacks \"name\": add name = \"front\"\n");
  EXPECT_EQ(faults_with("name     = \"berry\"\n", ""),
            "bramble.toml:1:1: the file lacks \"name\": add name = \"berry\"\n");
  EXPECT_EQ(faults_with("brick = { free-space = true }\n", ""),
            "bramble.toml:22:1: [volume] lacks \"brick\": add brick = { free-space = true }, "
            "{ device = \"/dev/…\" } or { path = \"/…\" }\n");
  EXPECT_EQ(faults_with("host = \"example.org\"\n", ""),
            "bramble.toml:25:1: [[site]] lacks \"host\": add host = \"*\"\n");
}

TEST(LoadCluster, TellsABadName) {
  EXPECT_EQ(faults_with("\"cluster02\"", "\"Cluster_02\""),
            "bramble.toml:10:11: bad name \"Cluster_02\": use letters a-z, digits and inner "
            "hyphens, 63 at most\n");
}

TEST(LoadCluster, TellsABadListenAddress) {
  EXPECT_EQ(faults_with("\"0.0.0.0:80\"", "\"80\""),
            "bramble.toml:21:12: bad listen address \"80\": ADDRESS:PORT like \"0.0.0.0:80\" is "
            "needed\n");
  EXPECT_EQ(faults_with("198.51.100.9:8080", "0.0.0.0:80"),
            "bramble.toml:21:26: listen address \"0.0.0.0:80\" is taken already in line 21\n");
}

TEST(LoadCluster, TellsAListenAddressOnTheBalancersOwnPort) {
  EXPECT_EQ(faults_with("198.51.100.9:8080", "198.51.100.9:8404"),
            "bramble.toml:21:26: port 8404 is the balancer's own, for its status and metrics: take "
            "another one\n");
}

TEST(LoadCluster, TellsAnEmptyListOfListenAddresses) {
  EXPECT_EQ(faults_with("[\"0.0.0.0:80\", \"198.51.100.9:8080\"]", "[]"),
            "bramble.toml:21:11: \"listen\" is empty: name one at least, or leave it out\n");
}

TEST(LoadCluster, TellsWhatIsNoPrefix) {
  EXPECT_EQ(
      faults_with("listen  =", "trust-forwarded-from = [\"10.0.0.1/8\"]\nlisten  ="),
      "bramble.toml:21:25: bad prefix \"10.0.0.1/8\": an address like \"10.0.0.1\", or a prefix "
      "like \"10.0.0.0/8\" without bits behind it, is needed\n");
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "/8", "", "10.0.0/8", "2001:db8::/129",
                          "2001:db8::1/127", "2001:db8/32", "::/-1"})
    EXPECT_THAT(faults_with("listen  =",
                            std::string("trust-forwarded-from = [\"") + bad + "\"]\nlisten  ="),
                HasSubstr("bad prefix"))
        << bad;
  for (const char* good : {"0.0.0.0/0", "10.0.0.0/8", "192.0.2.1", "192.0.2.1/32", "::/0",
                           "2001:db8::/33", "2001:db8::1", "::1/128"})
    EXPECT_EQ(faults_with("listen  =",
                          std::string("trust-forwarded-from = [\"") + good + "\"]\nlisten  ="),
              "");
}

TEST(LoadCluster, TellsWhatNobodyCanChooseBy) {
  EXPECT_EQ(faults_with("listen  =", "policy = \"fastest\"\nlisten  ="),
            "bramble.toml:21:10: unknown policy \"fastest\": one of power-of-two, "
            "least-connections, round-robin, hash is needed\n");
  EXPECT_EQ(faults_with("listen  =", "hash-by = \"path\"\nlisten  ="),
            "bramble.toml:21:11: \"hash-by\" goes with policy = \"hash\" only\n");
  EXPECT_EQ(faults_with("listen  =", "policy = \"hash\"\nhash-by = \"query\"\nlisten  ="),
            "bramble.toml:22:11: bad hash-by \"query\": \"path\", or \"header:NAME\" is needed\n");
  EXPECT_EQ(faults_with("listen  =", "sticky = \"a b\"\nlisten  ="),
            "bramble.toml:21:10: bad cookie name \"a b\": use letters and digits\n");
  EXPECT_EQ(faults_with("\"192.168.2.5\"", "\"192.168.2.5\"\nweight = 0"),
            "bramble.toml:9:10: \"weight\" must be from 1 to 1000, not 0\n");
}

TEST(LoadCluster, TheOffsiteBrickMayLieElsewhere) {
  EXPECT_FALSE(parse_cluster(kGood).cluster.offsite_brick.has_value());
  const ParsedCluster parsed = parse_cluster(
      replaced(kGood, "\"198.51.100.7\"", "\"198.51.100.7\"\nbrick = { path = \"/srv/copy\" }"));
  ASSERT_TRUE(parsed.faults.empty()) << parsed.faults[0].what;
  ASSERT_TRUE(parsed.cluster.offsite_brick.has_value());
  EXPECT_EQ(parsed.cluster.offsite_brick->kind, Brick::Kind::kFolder);
  EXPECT_EQ(parsed.cluster.offsite_brick->path, "/srv/copy");
  EXPECT_EQ(parsed.cluster.volume.brick.kind, Brick::Kind::kFreeSpace);
  EXPECT_THAT(faults_with("\"198.51.100.7\"", "\"198.51.100.7\"\nbrick = {}"),
              HasSubstr("bramble.toml:18:9: the brick lies nowhere: write brick = "));
}

TEST(LoadCluster, TellsABrickThatIsInTwoPlacesOrNone) {
  EXPECT_EQ(faults_with("free-space = true", "free-space = true, device = \"/dev/sda\""),
            "bramble.toml:24:9: the brick is given by free-space and by device: keep one of "
            "them\n");
  EXPECT_EQ(faults_with("free-space = true", "free-space = false"),
            "bramble.toml:24:9: the brick lies nowhere: write brick = { free-space = true }, "
            "{ device = \"/dev/…\" } or { path = \"/…\" }\n");
  EXPECT_EQ(faults_with("free-space = true", "device = \"sda\""),
            "bramble.toml:24:20: bad device \"sda\": a path like \"/dev/sda\" is needed\n");
}

TEST(LoadCluster, TellsWhatIsNotToml) {
  const std::string told = faults_with("\"berry\"", "berry");
  EXPECT_TRUE(told.starts_with("bramble.toml:1:1")) << told;
  EXPECT_NE(told.find("not TOML: "), std::string::npos) << told;
}

// The parser, 3.3.0, takes it for granted that a header begins with a name.
TEST(LoadCluster, TellsWhereAHeaderGivesNoName) {
  for (const char* header : {"[[[node]]]",
                             "[[\xc3\xbc"
                             "ber]]",
                             "[\xe2\x80\x9csite\xe2\x80\x9d]", "[$x]", "[/blog]", "[*.example.org]",
                             "[.a]", "[#]", "[{}]", "[[,]]", "[[ ", "  [ <ssh>]"}) {
    const std::string told = faults_with("[volume]", header);
    EXPECT_TRUE(told.starts_with("bramble.toml:22:")) << header << ": " << told;
    EXPECT_THAT(told, HasSubstr("not TOML: ")) << header;
  }
  EXPECT_TRUE(faults_with("[volume]", "  [ $x]").starts_with("bramble.toml:22:5: "));
}

TEST(LoadCluster, TellsAllFaultsInOneRunInTheFilesOrder) {
  std::string text = replaced(kGood, "Europe/Berlin", "Europe/Berln");
  text = replaced(text, "user = ", "usr = ");
  text = replaced(text, "192.168.2.6", "192.168.2");
  text = replaced(text, "cluster04", "cluster01");
  EXPECT_EQ(faults_of(text),
            "bramble.toml:2:12: unknown time zone \"Europe/Berln\", did you mean "
            "\"Europe/Berlin\"?\n"
            "bramble.toml:4:1: unknown key \"usr\", did you mean \"user\"?\n"
            "bramble.toml:11:11: bad address \"192.168.2\": an IPv4 address, four numbers, "
            "is needed\n"
            "bramble.toml:16:11: the name \"cluster01\" is taken already in line 7\n");
}

TEST(LoadCluster, AFileIsNamedInItsFaults) {
  std::string folder = testing::TempDir() + "clusterXXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/my.toml";
  ASSERT_TRUE(write_file(path, replaced(kGood, "\"berry\"", "5")).ok());
  const Result<Cluster> faulty = load_cluster(path);
  ASSERT_FALSE(faulty.ok());
  EXPECT_EQ(faulty.error().what, path + ":1:12: \"name\" must be a string, not an integer");
  EXPECT_EQ(faulty.error().side, Side::kClient);

  ASSERT_TRUE(write_file(path, kGood).ok());
  EXPECT_EQ(load_cluster(path)->ssh.config, folder + "/ssh_config");
  const Result<Cluster> none = load_cluster(folder + "/none.toml");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().what,
            folder + "/none.toml: no such file: name the cluster's file with -f, or write one");
}

}  // namespace
}  // namespace bramble
