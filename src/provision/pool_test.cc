// SPDX-License-Identifier: Apache-2.0
#include "provision/pool.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Cluster nodes(std::size_t count) {
  Cluster cluster;
  for (std::size_t i = 1; i <= count; ++i)
    cluster.nodes.push_back(
        {.name = "n" + std::to_string(i), .address = "192.168.2." + std::to_string(i)});
  return cluster;
}

constexpr std::string_view kPeers =
    "@@ peers\nUUID\tHostname\tState\n0e\tn2\tConnected\n0f\t192.168.2.3\tConnected\n"
    "10\tlocalhost\tConnected\n";
constexpr std::string_view kVolume =
    "@@ volume\nVolume Name: web\nStatus: Started\nBricks:\nBrick1: n1:/srv/brick/web\n"
    "Brick2: n2:/srv/brick/web\nBrick3: n3:/srv/brick/web\nOptions Reconfigured:\n"
    "features.cache-invalidation: on\nfeatures.cache-invalidation-timeout: 31536000\n"
    "network.inode-lru-limit: 200000\nperformance.stat-prefetch: off\n"
    "performance.quick-read: off\nperformance.open-behind: off\nperformance.read-ahead: off\n"
    "performance.io-cache: off\nperformance.readdir-ahead: off\nperformance.nl-cache: off\n"
    "client.tcp-user-timeout: 2\nnetwork.ping-timeout: 42\nserver.tcp-user-timeout: 10\n"
    "cluster.shd-max-threads: 4\nstorage.reserve: 5\nchangelog.rollover-time: 5\n";

// The step on its first node, whose look is answered with this; the others say nothing.
class PoolOf {
 public:
  PoolOf(std::size_t count, const std::string& look) : cluster_(nodes(count)) {
    std::map<std::string, std::unique_ptr<Host>> hosts;
    for (const Machine& node : cluster_.nodes) {
      auto host = std::make_unique<FakeHost>(node.name);
      host->answer("", node.name == "n1" ? look : "");
      hosts.emplace(node.name, std::move(host));
    }
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }
  Result<std::vector<std::string>> plan() const {
    const std::vector<Change> changes = TRY(pool_step()->plan(*site_, "n1"));
    std::vector<std::string> lines;
    for (const Change& change : changes) lines.push_back(change.what);
    return lines;
  }
  Result<void> apply() const { return pool_step()->apply(*site_, "n1"); }

 private:
  Cluster cluster_;
  std::unique_ptr<Site> site_;
};

TEST(VolumeShape, PutsACopyOnEachOfThreeToFiveNodes) {
  EXPECT_EQ(volume_shape(nodes(3))->replicas, 3U);
  EXPECT_EQ(volume_shape(nodes(4))->replicas, 4U);
  EXPECT_EQ(volume_shape(nodes(5))->replicas, 5U);
  EXPECT_THAT(volume_shape(nodes(3))->bricks,
              ElementsAre("n1:/srv/brick/web", "n2:/srv/brick/web", "n3:/srv/brick/web"));
}

TEST(VolumeShape, DistributesOverSetsOfThree) {
  EXPECT_EQ(volume_shape(nodes(6))->replicas, 3U);
  EXPECT_EQ(volume_shape(nodes(9))->bricks.size(), 9U);
}

TEST(PoolStep, RefusesANewVolumeWhereAnotherOfOursIs) {
  const auto plan =
      PoolOf(3, std::string(kPeers) + "@@ others\nberries /srv/brick/berries\n").plan();
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().what,
            "the nodes have the volume berries, but the file asks for web, which would be empty: "
            "write name = \"berries\" under [volume], or delete that volume with gluster(8)");
}

TEST(PoolStep, ToleratesStrangersVolumes) {
  EXPECT_TRUE(PoolOf(3, std::string(kPeers) + "@@ others\nvms /tank/vms\n").plan().ok());
}

TEST(VolumeShape, RefusesWhatMakesNoWholeSets) {
  const Result<VolumeShape> shape = volume_shape(nodes(7));
  ASSERT_FALSE(shape.ok());
  EXPECT_EQ(shape.error().what,
            "7 nodes cannot share a volume: use three, four or five (a copy on each), or a "
            "multiple of three (three copies of each file)");
}

TEST(Pool, PlansAllOfItOnAFreshNode) {
  const auto plan = PoolOf(3, "").plan();
  ASSERT_TRUE(plan.ok());
  ASSERT_EQ(plan->size(), 5U);
  EXPECT_EQ((*plan)[0], "take n2 into the pool");
  EXPECT_EQ((*plan)[1], "take n3 into the pool");
  EXPECT_EQ((*plan)[2],
            "create the volume web, replica 3: n1:/srv/brick/web n2:/srv/brick/web "
            "n3:/srv/brick/web");
  EXPECT_THAT((*plan)[3], HasSubstr("changelog.rollover-time 5"));
  EXPECT_EQ((*plan)[4], "start the volume web");
}

TEST(Pool, MakesNothingOfAGlusterdThatIsSilent) {
  const PoolOf pool(3, "@@ silent\ninactive\n");
  EXPECT_THAT(pool.plan().value(), IsEmpty()) << "an earlier step starts it";
  EXPECT_THAT(pool.apply().error().what, HasSubstr("n1: glusterd does not answer"));
  EXPECT_THAT(PoolOf(3, "@@ silent\nactive\n").plan().error().what,
              HasSubstr("n1: glusterd does not answer"));
}

TEST(Pool, SetsOnlyTheOptionsThatDiffer) {
  const auto plan = PoolOf(3, std::string(kPeers) + std::string(kVolume)).plan();
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(*plan, ElementsAre("set on web: network.ping-timeout 10"));
}

TEST(Pool, StartsADeadBrickAgain) {
  std::string look = std::string(kPeers) + std::string(kVolume);
  look.replace(look.find("ping-timeout: 42"), 16, "ping-timeout: 10");
  EXPECT_THAT(*PoolOf(3, look).plan(), IsEmpty());
  look += "@@ status\n<hostname>n2</hostname><path>/srv/brick/web</path><status>0</status>\n";
  EXPECT_THAT(*PoolOf(3, look).plan(), ElementsAre("start the brick n2:/srv/brick/web again"));
}

TEST(Pool, TheOrderOfNodesInTheFileChangesNothing) {
  std::string look = std::string(kPeers) + std::string(kVolume);
  look.replace(look.find("ping-timeout: 42"), 16, "ping-timeout: 10");
  look.replace(look.find("Brick1: n1:"), 11, "Brick1: n3:");
  look.replace(look.find("Brick3: n3:"), 11, "Brick3: n1:");
  const auto plan = PoolOf(3, look).plan();
  ASSERT_TRUE(plan.ok()) << plan.error().what;
  EXPECT_THAT(*plan, IsEmpty());
}

// Of six nodes, where the file names them one to six.
Result<std::vector<std::string>> plan_where_bricks_are_on(const std::vector<int>& numbers) {
  std::string look = "@@ peers\nUUID\tHostname\tState\n10\tlocalhost\tConnected\n";
  for (int i = 2; i <= 6; ++i) look += fmt::format("0{0}\tn{0}\tConnected\n", i);
  look += "@@ volume\nVolume Name: web\nStatus: Started\nBricks:\n";
  for (std::size_t i = 0; i < numbers.size(); ++i)
    look += fmt::format("Brick{}: n{}:/srv/brick/web\n", i + 1, numbers[i]);
  const std::string_view options = kVolume.substr(kVolume.find("Options"));
  return PoolOf(6, look + std::string(options)).plan();
}

TEST(Pool, OfSeveralSetsEachKeepsItsNodes) {
  EXPECT_TRUE(plan_where_bricks_are_on({1, 2, 3, 4, 5, 6}).ok());
  EXPECT_TRUE(plan_where_bricks_are_on({5, 4, 6, 2, 3, 1}).ok());
  const auto mixed = plan_where_bricks_are_on({1, 2, 4, 3, 5, 6});
  ASSERT_FALSE(mixed.ok());
  EXPECT_THAT(mixed.error().what, HasSubstr("bramble does not move bricks"));
}

TEST(Pool, DoesNotMoveBricks) {
  const auto plan = PoolOf(4, std::string(kPeers) + std::string(kVolume)).plan();
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().what,
            "the volume web has the bricks n1:/srv/brick/web n2:/srv/brick/web n3:/srv/brick/web, "
            "but the file asks for n1:/srv/brick/web n2:/srv/brick/web n3:/srv/brick/web "
            "n4:/srv/brick/web: bramble does not move bricks; change the file, or the volume with "
            "gluster(8)");
}

}  // namespace
}  // namespace bramble::provision
