// SPDX-License-Identifier: Apache-2.0
// What GlusterFS leaves undone where it heals a brick, and the nodes' vitals services do.
#include <gtest/gtest.h>

#include <set>

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
  // How many versions the nodes tell of the file; 0: one of them does not answer.
  std::size_t versions_of(std::string_view file) {
    std::set<std::string> tags;
    for (const std::string& node : kNodes) {
      const Outcome tag =
          lab().ssh(node, "curl -sI http://127.0.0.1/" + std::string(file) + " | grep -i ^etag");
      if (tag.status != 0) return 0;
      tags.insert(tag.out);
    }
    return tags.size();
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
  const auto is_healed = [&] {
    return bramble({"status"}).out.find("3 of 3 bricks online, 0 files to heal") !=
           std::string::npos;
  };
  ASSERT_TRUE(eventually(is_healed, kPatience));
  for (const std::string_view file : words(kFiles))
    EXPECT_TRUE(eventually([&] { return versions_of(file) == 1; })) << file;
}

}  // namespace
}  // namespace bramble::test
