// SPDX-License-Identifier: Apache-2.0
#include "provision/client_mount.hh"

#include <gtest/gtest.h>

#include "base/text.hh"

namespace bramble::provision {
namespace {

const Cluster kThreeNodes{
    .name = "berry",
    .nodes = {{"one", "10.0.0.1"}, {"two", "10.0.0.2"}, {"three", "10.0.0.3"}},
    .volume = {.name = "files"}};

TEST(ClientMount, MountsFromAnyNode) {
  const std::string text = client_mount_text(kThreeNodes);
  EXPECT_NE(text.find("#   mount -t glusterfs -o "
                      "auto-invalidation=on,backup-volfile-servers=two:three one:/files "
                      "/srv/files\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("#   one:/files /srv/files glusterfs defaults,_netdev,nofail,"
                      "auto-invalidation=on,backup-volfile-servers=two:three 0 0\n"),
            std::string::npos)
      << text;
}

TEST(ClientMount, IsFitToBeAppendedToEtcHosts) {
  const std::string text = client_mount_text(kThreeNodes);
  for (const std::string_view line : lines(text))
    EXPECT_TRUE(line.starts_with("#") || line.starts_with("10.0.0.")) << line;
}

TEST(ClientMount, TellsProgramsThePieces) {
  const std::string json = client_mount_json(kThreeNodes);
  EXPECT_NE(json.find("\"source\": \"one:/files\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"options\": \"auto-invalidation=on,backup-volfile-servers=two:three\""),
            std::string::npos);
}

}  // namespace
}  // namespace bramble::provision
