// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_links.hh"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "volume/fake_gluster.hh"

namespace bramble {
namespace {

// As 10.3 writes it.
constexpr const char* kPrivate =
    "[xlator.protocol.client.web-client-0.priv]\n"
    "connected = 1\n"
    "total_bytes_read = 114752\n"
    "ping_timeout = 10\n"
    "total_bytes_written = 142888\n"
    "ping_msgs_sent = 3\n"
    "msgs_sent = 904\n";

TEST(GlusterLinks, AreParsed) {
  EXPECT_EQ(parse_link(kPrivate), (GlusterLink{.connected = true, .messages = 904}));
  EXPECT_EQ(parse_link("connected = 0\n"), GlusterLink{});
  EXPECT_EQ(parse_link(""), GlusterLink{});
}

TEST(GlusterLinks, AreReadForEachBrick) {
  FakeGluster gluster;
  for (const char* brick : {"0", "1", "2"})
    gluster.file(std::string(".meta/graphs/active/web-client-") + brick + "/private", kPrivate);
  const auto session =
      GlusterSession::connect(gluster.library(), {.host = "localhost", .volume = "web"}).value();
  EXPECT_EQ(look_at_links(*session, "web").value().size(), 3U);
  EXPECT_EQ(look_at_links(*session, "other").error().code, ENOENT);
}

// Of two that are young, as where nobody asks for anything, the counts may be the same.
TEST(GlusterLinks, AreOthersInAnotherGraphHoweverTheyCount) {
  FakeGluster gluster;
  for (const char* graph : {"one", "two"})
    gluster.file(std::string(".meta/graphs/") + graph + "/web-client-0/private", kPrivate);
  gluster.link(".meta/graphs/active", "one");
  const auto session =
      GlusterSession::connect(gluster.library(), {.host = "localhost", .volume = "web"}).value();
  const auto links = [&] { return look_at_links(*session, "web").value(); };
  const std::vector<GlusterLink> before = links();
  EXPECT_EQ(before.at(0).graph, "one");
  EXPECT_TRUE(links_held(before, links()));
  gluster.remove(".meta/graphs/active");
  gluster.link(".meta/graphs/active", "two");
  EXPECT_FALSE(links_held(before, links()));
}

TEST(GlusterLinks, HoldWhileNoneWasLost) {
  const GlusterLink a{.connected = true, .messages = 10}, b{.connected = true, .messages = 11};
  const GlusterLink lost{.connected = false, .messages = 11};
  EXPECT_TRUE(links_held({a, a}, {a, b}));
  EXPECT_FALSE(links_held({a, a}, {a, lost}));
  EXPECT_FALSE(links_held({a, lost}, {a, b}));
  EXPECT_FALSE(links_held({}, {a})) << "the first look";
  EXPECT_FALSE(links_held({b}, {a})) << "lost and made again: it counts anew";
}

// Every three seconds its glusterd is asked for its port; where it has none, that is counted, and
// then counted anew.
TEST(GlusterLinks, HoldWhileABrickThatIsAwayIsTriedAgain) {
  const GlusterLink away{}, tried{.connected = false, .messages = 2};
  EXPECT_TRUE(links_held({away}, {tried}));
  EXPECT_TRUE(links_held({tried}, {away}));
}

}  // namespace
}  // namespace bramble
