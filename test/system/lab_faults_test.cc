// SPDX-License-Identifier: Apache-2.0
// The lab's faults do what they promise.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <thread>

#include "base/clock.hh"
#include "base/text.hh"
#include "system/lab_fixture.hh"

namespace bramble::test {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* kPing2 = "ping -c 1 -W 2 10.89.0.12";  // cluster02

class LabFaults : public LabTest {
 protected:
  // A connection from cluster01 to cluster02's sshd, held by bash while `meanwhile` is done; gives
  // what bash saw on it afterwards: "silence", "end" or "bytes".
  std::string seen_by_a_peer(const std::function<void()>& meanwhile) {
    lab().ssh_ok("cluster01", "rm -f connected go");
    std::string seen;
    std::thread peer([&] {
      seen = lab().ssh_ok("cluster01", R"(bash -c '
        exec 3<>/dev/tcp/10.89.0.12/22; read -r -u 3 banner; echo >connected
        until [ -e go ]; do sleep 0.05; done
        read -r -t 2 -u 3; case $? in 0) echo bytes;; 1) echo end;; *) echo silence;; esac')");
    });
    EXPECT_TRUE(eventually([&] { return lab().ssh("cluster01", "test -e connected").ok(); }));
    meanwhile();
    lab().ssh_ok("cluster01", "touch go");
    peer.join();
    return std::string(trim(seen));
  }
};

TEST_F(LabFaults, APowerCutLosesWhatWasNotSyncedAndKeepsWhatWas) {
  lab().ssh_ok("cluster03", "echo kept >kept; sync; echo lost >lost");
  lab().power_cut("cluster03");
  EXPECT_THAT(lab().lab_ok({"status"}), HasSubstr("off"));
  lab().power_on("cluster03");
  EXPECT_EQ(lab().ssh_ok("cluster03", "cat kept"), "kept\n");
  EXPECT_EQ(lab().ssh("cluster03", "cat lost 2>/dev/null").out, "");
}

TEST_F(LabFaults, PeersOfAPowerCutSeeSilence) {
  EXPECT_EQ(seen_by_a_peer([&] { lab().power_cut("cluster02"); }), "silence");
  lab().power_on("cluster02");
}

TEST_F(LabFaults, PeersOfACleanRebootSeeTheEnd) {
  EXPECT_EQ(seen_by_a_peer([&] { lab().reboot("cluster02"); }), "end");
}

TEST_F(LabFaults, ASecondPowerCutAndASecondPowerOnAreNoFault) {
  lab().power_cut("cluster03");
  lab().power_cut("cluster03");
  lab().power_on("cluster03");
  lab().power_on("cluster03");
}

TEST_F(LabFaults, UpBootsWhatIsOff) {
  lab().power_cut("cluster03");
  lab().lab_ok({"up"});
  lab().ssh_ok("cluster03", "true");
}

TEST_F(LabFaults, ARebootIsOne) {
  lab().ssh_ok("cluster02", "sudo touch /run/since-boot; echo stays >stays");
  lab().reboot("cluster02");
  EXPECT_FALSE(lab().ssh("cluster02", "test -e /run/since-boot").ok());
  EXPECT_EQ(lab().ssh_ok("cluster02", "cat stays"), "stays\n");
}

TEST_F(LabFaults, AGuestMayRebootItself) {
  lab().ssh_ok("cluster02", "sudo touch /run/since-boot");
  lab().ssh("cluster02", "sudo systemctl --no-block reboot");  // it may outrun ssh's good-bye
  EXPECT_TRUE(eventually([&] { return lab().ssh("cluster02", "test ! -e /run/since-boot").ok(); }));
}

TEST_F(LabFaults, APartitionAddedInAGuestIsThereAfterAPowerCut) {
  lab().ssh_ok("cluster03", R"(set -eu; disk=/dev/$(lsblk -no PKNAME $(findmnt -no SOURCE /))
    start=$(sudo sfdisk -qF $disk | awk 'NR > 1 && $3 > most { most = $3; start = $1 } END { print start }')
    echo "start=$start, type=83" | sudo sfdisk -q --append --no-reread --no-tell-kernel $disk
    sudo partx -a --nr 3 $disk; sudo mke2fs -q -t ext4 ${disk}p3; sudo mkdir /srv/brick
    echo "UUID=$(sudo blkid -p -s UUID -o value ${disk}p3) /srv/brick ext4 nofail 0 0" |
      sudo tee -a /etc/fstab; sudo mount /srv/brick; echo kept | sudo tee /srv/brick/kept; sync
    echo lost | sudo tee /srv/brick/lost)");
  lab().power_cut("cluster03");
  lab().power_on("cluster03");
  EXPECT_EQ(lab().ssh_ok("cluster03", "cat /srv/brick/kept"), "kept\n");
  EXPECT_EQ(lab().ssh("cluster03", "cat /srv/brick/lost 2>/dev/null").out, "");
}

TEST_F(LabFaults, ACutCableIsCutUntilItIsMended) {
  lab().cut("cluster02");
  EXPECT_FALSE(lab().ssh("cluster01", kPing2).ok());
  EXPECT_THAT(lab().lab_ok({"status"}), HasSubstr("cut"));
  lab().mend("cluster02");
  EXPECT_TRUE(eventually([&] { return lab().ssh("cluster01", kPing2).ok(); }));
}

TEST_F(LabFaults, ACutCableIsInAgainAfterPowerOn) {
  lab().cut("cluster02");
  lab().power_cut("cluster02");
  lab().power_on("cluster02");
  EXPECT_TRUE(eventually([&] { return lab().ssh("cluster01", kPing2).ok(); }));
}

// A lower bound only: a cable may always be slower than it promises.
TEST_F(LabFaults, ASlowCableIsSlowBothWaysAlsoAfterAReboot) {
  const std::string here = "head -c 1000000 /dev/zero | wc -c";
  const std::string ssh = "ssh -F " + lab().ssh_config() + " cluster02 ";
  lab().slow("cluster02", "4mbit");
  lab().reboot("cluster02");
  for (const std::string& way : {ssh + "head -c 1000000 /dev/zero | wc -c",
                                 "head -c 1000000 /dev/zero | " + ssh + "wc -c"}) {
    const Monotonic start = SystemClock().now();
    EXPECT_EQ(run_ok({"bash", "-c", way}).value(), "1000000\n");
    EXPECT_GE(SystemClock().now() - start, 1s) << way;
  }
  EXPECT_THAT(lab().lab_ok({"status"}), HasSubstr("4mbit"));
  lab().slow("cluster02", "off");
  EXPECT_THAT(lab().lab_ok({"status"}), ::testing::Not(HasSubstr("4mbit")));
}

TEST_F(LabFaults, AHungHostIsToldOfAndNotWaitedFor) {
  lab().lab_ok({"hang", "cluster03"});
  EXPECT_THAT(lab().lab_ok({"status"}), HasSubstr("hung"));
  for (const char* word : {"power-on", "reboot"}) {
    const Outcome outcome = lab().lab({word, "cluster03"});
    EXPECT_EQ(outcome.status, 1) << word;
    EXPECT_THAT(outcome.err, HasSubstr("wake cluster03"));
  }
  lab().lab_ok({"wake", "cluster03"});
  lab().ssh_ok("cluster03", "true");
}

TEST_F(LabFaults, UpOpensTheGateAgain) {
  const std::string gate = fmt::format("lab --name {} run gate$", lab().name());
  const auto open = [&] { return run({.argv = {"pgrep", "-f", gate}})->ok(); };
  ASSERT_TRUE(run({.argv = {"pkill", "-KILL", "-f", gate}})->ok());
  ASSERT_TRUE(eventually([&] { return !open(); }));
  lab().lab_ok({"up"});
  EXPECT_TRUE(open());
}

TEST_F(LabFaults, WhereNoWebServerRunsNoneIsKilled) {
  const Outcome outcome = lab().lab({"kill", "cluster02"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no web server runs on cluster02 now"));
}

TEST_F(LabFaults, WithWrongWordsAreRefusedAsBadUsage) {
  const Outcome unknown = lab().lab({"power-cut", "cluster09"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_EQ(unknown.err,
            "bramble: \"cluster09\" is not a host of the lab: there are cluster01, cluster02, "
            "cluster03, client, cluster04, front\n");
  EXPECT_EQ(lab().lab({"slow", "cluster01", "fast"}).status, 2);
  EXPECT_EQ(lab().lab({"cut"}).status, 2);
}

}  // namespace
}  // namespace bramble::test
