// SPDX-License-Identifier: Apache-2.0
#include "provision/connect.hh"

#include <gtest/gtest.h>

namespace bramble::provision {
namespace {

TEST(Connections, AnSshConfigurationThatIsNotThereIsToldOnce) {
  Cluster cluster;
  cluster.ssh.config = "/does/not/exist";
  const auto made = Connections::make(cluster);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().what,
            "ssh configuration /does/not/exist (config under [ssh]): No such file or directory");
}

}  // namespace
}  // namespace bramble::provision
