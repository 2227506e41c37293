// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_volfile.hh"

#include <gtest/gtest.h>

#include "volume/fake_volfile.hh"

namespace bramble {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return at == text.npos ? text : text.replace(at, what.size(), with);
}

TEST(GlusterVolfile, OfAReplicaOfThreeIsThatOfThreeBricks) {
  const auto bricks = brick_volfiles(kFakeVolfile).value();
  ASSERT_EQ(bricks.size(), kBricks);
  EXPECT_EQ(bricks[1].name, "web-client-1");
  EXPECT_EQ(bricks[1].host, "192.0.2.2");
  EXPECT_EQ(bricks[1].text,
            "volume web-client-1\n"
            "    type protocol/client\n"
            "    option remote-subvolume /srv/brick/web\n"
            "    option remote-host 192.0.2.2\n"
            "end-volume\n"
            "\n"
            "volume web-client-1-quick-read\n"
            "    type performance/quick-read\n"
            "    option max-file-size 131072\n"
            "    option cache-size 4MB\n"
            "    option ctime-invalidation true\n"
            "    option quick-read-cache-invalidation true\n"
            "    subvolumes web-client-1\n"
            "end-volume\n");
}

TEST(GlusterVolfile, OfAnyOtherVolumeIsNone) {
  const std::string whole(kFakeVolfile);
  EXPECT_FALSE(brick_volfiles("").ok());
  EXPECT_FALSE(brick_volfiles("no volume\n").ok());
  for (const auto& [what, with] : std::vector<std::pair<std::string, std::string>>{
           {"option choose-local yes", "option arbiter-count 1"},
           {"option choose-local yes", "option thin-arbiter host:/path"},
           {"cluster/replicate", "cluster/disperse"},
           {"features/utime", "features/shard"},
           {"features/utime", "performance/none"},
           {"subvolumes web-replicate-0", "subvolumes web-replicate-0 web-replicate-1"},
           {"subvolumes web-client-0 web-client-1 web-client-2", "subvolumes web-client-0"},
           {"web-client-1 web-client-2\n", "web-client-1 web-client-3\n"},
           {"protocol/client", "performance/none"}})
    EXPECT_FALSE(brick_volfiles(replaced(whole, what, with)).ok()) << with;
}

TEST(GlusterVolfile, CopiesAreThoseOfTheSameSet) {
  std::string two_sets = kFakeVolfile;
  std::string second = replaced(kFakeVolfile, "192.0.2.2", "192.0.2.5");
  second = replaced(second, "192.0.2.3", "192.0.2.6");
  second = replaced(second, "127.0.0.1", "192.0.2.4");
  second = second.substr(0, second.find("volume web-dht"));
  for (const auto& [from, to] :
       {std::pair("web-client-0", "web-client-3"), std::pair("web-client-1", "web-client-4"),
        std::pair("web-client-2", "web-client-5")})
    for (int times = 0; times < 2; ++times) second = replaced(second, from, to);
  two_sets = replaced(second, "web-replicate-0", "web-replicate-1") + two_sets;
  const auto hosts = [&](std::string_view host) {
    std::string told;
    const auto copies = copy_volfiles(two_sets, host, "/srv/brick/web");
    for (const BrickVolfile& brick : copies.value()) told += brick.host + " ";
    return told;
  };
  EXPECT_EQ(hosts("127.0.0.1"), "127.0.0.1 192.0.2.2 192.0.2.3 ");
  EXPECT_EQ(hosts("192.0.2.6"), "192.0.2.4 192.0.2.5 192.0.2.6 ");
  EXPECT_FALSE(copy_volfiles(two_sets, "192.0.2.7", "/srv/brick/web").ok());
  EXPECT_FALSE(copy_volfiles(two_sets, "127.0.0.1", "/srv/brick/other").ok());
  EXPECT_FALSE(copy_volfiles("", "127.0.0.1", "/srv/brick/web").ok());
  EXPECT_FALSE(
      copy_volfiles(replaced(two_sets, "features/utime", "performance/none"), "127.0.0.1", "/")
          .ok());
}

}  // namespace
}  // namespace bramble
