// SPDX-License-Identifier: Apache-2.0
#include "lab/access.hh"

#include <gtest/gtest.h>

namespace bramble::lab {
namespace {

TEST(Access, SshReachesEveryHostThroughTheOperatorsNamespace) {
  const std::string text = ssh_config_text(Place::of("one").value(), "/opt/my bin/bramble");
  for (const LabHost& host : hosts())
    EXPECT_NE(text.find("Host " + host.name + "\n  HostName " + host.address + "\n"),
              std::string::npos)
        << host.name;
  EXPECT_NE(text.find("  ProxyCommand \"/opt/my bin/bramble\" lab --name one proxy %h %p\n"),
            std::string::npos);
  EXPECT_NE(text.find("  StrictHostKeyChecking yes\n"), std::string::npos);
  EXPECT_NE(text.find("  IdentityFile \"/var/lib/bramble/lab/one/key\"\n"), std::string::npos);
}

TEST(Access, TheClusterFileNamesAllButTheClient) {
  EXPECT_EQ(cluster_file_text(Scope::kWhole), R"(name     = "berry"
timezone = "Europe/Berlin"

[ssh]
user   = "pi"
config = "ssh_config"

[[node]]
name    = "cluster01"
address = "10.89.0.11"

[[node]]
name    = "cluster02"
address = "10.89.0.12"

[[node]]
name    = "cluster03"
address = "10.89.0.13"

[offsite]
name    = "cluster04"
address = "198.18.0.4"

[balancer]
name    = "front"
address = "198.18.0.10"
listen  = ["0.0.0.0:80"]

[volume]
name  = "web"
brick = { free-space = true }

[[site]]
host = "*"
root = "/"
)");
}

}  // namespace
}  // namespace bramble::lab
