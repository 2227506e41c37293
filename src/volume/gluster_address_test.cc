// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_address.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

TEST(GlusterAddress, IsHostVolumeAndFolder) {
  const GlusterAddress whole = parse_gluster_address("localhost:web").value();
  EXPECT_EQ(whole.host, "localhost");
  EXPECT_EQ(whole.volume, "web");
  EXPECT_EQ(whole.path, "");

  const GlusterAddress folder = parse_gluster_address("192.168.2.5:web-1/a//./b/").value();
  EXPECT_EQ(folder.host, "192.168.2.5");
  EXPECT_EQ(folder.volume, "web-1");
  EXPECT_EQ(folder.path, "a/b");

  EXPECT_EQ(parse_gluster_address("localhost:web/").value().path, "");
}

TEST(GlusterAddress, AnythingElseIsToldWithAnExample) {
  for (const char* text : {"", "web", ":web", "localhost:", "localhost:/web", "local host:web",
                           "localhost:we b", "localhost:web:x"})
    EXPECT_EQ(parse_gluster_address(text).error().what,
              "\"" + std::string(text) +
                  "\" is no volume: write HOST:VOLUME or HOST:VOLUME/PATH, such as localhost:web");
}

TEST(GlusterAddress, AFolderIsNeverAboveTheVolume) {
  EXPECT_EQ(parse_gluster_address("localhost:web/a/../b").error().what,
            "\"/a/../b\": \"..\" has no place in a volume");
}

}  // namespace
}  // namespace bramble
