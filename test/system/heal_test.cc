// SPDX-License-Identifier: Apache-2.0
// What GlusterFS leaves undone where it heals a brick, and the nodes' vitals services do.
#include <gtest/gtest.h>

#include "base/text.hh"
#include "system/cluster_fixture.hh"

namespace bramble::test {
namespace {

class HealTest : public ClusterTest {
 protected:
  static constexpr const char* kFiles =
      "healed1.bin healed2.bin healed3.bin healed4.bin healed5.bin healed6.bin";

  void TearDown() override {
    (void)lab().ssh("cluster02", kStartBricks);
    (void)lab().ssh("cluster01", std::string("cd /srv/web && sudo rm -f ") + kFiles);
  }

  static constexpr const char* kStartBricks =
      "sudo gluster --mode=script volume start web force >/dev/null";
};

// Without it, about half of the files that are written while they are healed have another version
// on the healed node: the self-heal daemon gives that brick an old time (GlusterFS 10.3).
TEST_F(HealTest, WhatIsWrittenWhileItIsHealedHasOneVersionOnAllNodes) {
  lab().ssh_ok(
      "cluster02",
      "sudo pkill -x glusterfsd; while pgrep -x glusterfsd >/dev/null; do sleep 0.1; done");
  const std::string for_each = std::string("cd /srv/web; for file in ") + kFiles + "; do ";
  lab().ssh_ok("cluster01",
               "sudo sh -c '" + for_each + "head -c 40000000 /dev/urandom > $file; done'");
  lab().ssh_ok("cluster02", kStartBricks);
  // Each of them for as long as it is to be healed.
  lab().ssh_ok("cluster01",
               "sudo sh -c '" + for_each +
                   "(gfid=$(getfattr --only-values -n glusterfs.gfid.string $file); while [ -e "
                   "/srv/brick/web/.glusterfs/indices/xattrop/$gfid ]; do echo news | dd of=$file "
                   "conv=notrunc status=none; sleep 0.2; done) & done; wait'");
  ASSERT_TRUE(is_healed());
  for (const std::string_view file : words(kFiles))
    EXPECT_TRUE(eventually([&] { return versions_of(file) == 1; })) << file;
}

}  // namespace
}  // namespace bramble::test
