// SPDX-License-Identifier: Apache-2.0
// The lab as it comes: its hosts, who reaches whom, and the ways in.
#include <gmock/gmock.h>

#include "base/text.hh"
#include "system/lab_fixture.hh"

namespace bramble::test {
namespace {

using ::testing::HasSubstr;

class LabHosts : public LabTest {
 protected:
  // Whether a TCP connection from the host can be opened.
  bool reaches(const std::string& host, const std::string& address, int port = 22) {
    return lab()
        .ssh(host, "timeout 2 bash -c ': </dev/tcp/" + address + "/" + std::to_string(port) + "'")
        .ok();
  }

  bool reaches_in_the_end(const std::string& host, const std::string& address) {
    return eventually([&] { return reaches(host, address); });
  }

  // The balancer's host says welcome to whoever connects there.
  void greet_on(const std::string& address) {
    lab().ssh_ok("front",
                 "sudo systemctl stop greeter 2>/dev/null; sudo systemd-run --quiet --unit=greeter "
                 "systemd-socket-activate --listen=" +
                     address + " --accept --inetd /bin/echo welcome");
  }

  bool is_greeted_at(const std::string& door) {
    const std::string url = lab().url(door);  // "http://127.77.1.2:8080/"
    std::string authority = url.substr(sizeof "http://" - 1, url.size() - sizeof "http://");
    authority.replace(authority.find(':'), 1, "/");
    const bool greeted = eventually([&] {
      const Result<Outcome> visit =
          run(Command{.argv = {"bash", "-c", "cat </dev/tcp/" + authority}});
      return visit.ok() && visit->out == "welcome\n";
    });
    lab().ssh_ok("front", "sudo systemctl stop greeter");
    return greeted;
  }
};

TEST_F(LabHosts, PlainSshReachesEveryHostFromOutside) {
  for (const std::string& host : all_hosts())
    EXPECT_EQ(lab().ssh_ok(host, "hostname; whoami; sudo -n whoami"), "raspberrypi\npi\nroot\n")
        << host;
}

TEST_F(LabHosts, TheLabsOwnSshHandsTheCommandAndItsStatusThrough) {
  const Outcome outcome = lab().lab({"ssh", "front", "ls -d /srv; exit 7"});
  EXPECT_EQ(outcome.out, "/srv\n");
  EXPECT_EQ(outcome.status, 7);
}

TEST_F(LabHosts, StatusSaysThatAllAreUp) {
  const std::string status = lab().lab_ok({"status", "--json"});
  std::size_t up = 0;
  for (const std::string_view line : lines(status)) up += trim(line) == "\"state\": \"up\"";
  EXPECT_EQ(up, all_hosts().size()) << status;
}

TEST_F(LabHosts, UpOnALabThatIsUpBootsNothing) {
  lab().ssh_ok("cluster01", "sudo touch /run/since-boot");
  lab().lab_ok({"up"});
  lab().ssh_ok("cluster01", "test -e /run/since-boot");
}

TEST_F(LabHosts, ComeAsAFreshPiDoes) {
  EXPECT_EQ(lab().ssh_ok("cluster01", "timedatectl show -p Timezone --value"), "Etc/UTC\n");
  EXPECT_FALSE(lab().ssh("cluster01", "command -v glusterd wg").ok());
  const std::string shadow = lab().ssh_ok("cluster01", "sudo grep ^pi: /etc/shadow");
  EXPECT_THAT(shadow, HasSubstr("pi:$")) << "the password that everybody knows is set";
  EXPECT_EQ(lab().ssh_ok("cluster01", "systemctl is-system-running --wait"), "running\n");
}

TEST_F(LabHosts, HaveFreeSpaceBehindTheLastPartition) {
  const std::string free = lab().ssh_ok(
      "cluster01", "sudo sfdisk -F /dev/$(lsblk -no PKNAME $(findmnt -no SOURCE /)) | tail -1");
  const auto column = words(free);
  ASSERT_EQ(column.size(), 4U) << free;
  EXPECT_GE(parse_number(column[2]).value_or(0), 4'000'000U) << "sectors";
}

TEST_F(LabHosts, InstallFromTheLabsOwnRepository) {
  lab().ssh_ok("cluster01", "sudo apt-get -qq update");
  lab().ssh_ok("cluster01",
               "apt-get install --simulate -qq glusterfs-server glusterfs-client libgfapi0 "
               "wireguard-tools wireguard-go nftables xfsprogs rsync attr curl libfmt9");
}

TEST_F(LabHosts, OfTheLanReachTheInternetBehindOneAddress) {
  EXPECT_TRUE(reaches_in_the_end("cluster01", "198.18.0.4"));
  EXPECT_TRUE(reaches_in_the_end("cluster02", "198.18.0.10"));
  EXPECT_TRUE(reaches_in_the_end("client", "10.89.0.12"));
}

TEST_F(LabHosts, OfTheInternetReachEachOtherButNotTheLanEvenWithARoute) {
  EXPECT_TRUE(reaches_in_the_end("cluster04", "198.18.0.10"));
  for (const char* host : {"cluster04", "front"}) {
    EXPECT_FALSE(reaches(host, "10.89.0.11")) << host;
    lab().ssh_ok(host, "sudo ip route add 10.89.0.0/24 via 198.18.0.1");
    for (const char* address : {"10.89.0.11", "10.89.0.12", "10.89.0.13", "10.89.0.50"})
      EXPECT_FALSE(reaches(host, address)) << host << " to " << address;
    lab().ssh_ok(host, "sudo ip route del 10.89.0.0/24");
  }
}

TEST_F(LabHosts, TheMachineItselfHasNoAddressOfTheLab) {
  const Result<std::string> addresses = run_ok({"ip", "-brief", "address"});
  ASSERT_TRUE(addresses.ok());
  EXPECT_EQ(addresses->find("10.89.0."), std::string::npos) << *addresses;
  EXPECT_EQ(addresses->find("198.18.0."), std::string::npos) << *addresses;
}

TEST_F(LabHosts, TheSitesDoorLeadsToPort80OfTheBalancersHost) {
  greet_on("80");
  EXPECT_TRUE(is_greeted_at("site"));
}

TEST_F(LabHosts, TheConsolesDoorLeadsToTheLoopbackAddressOfTheBalancersHost) {
  greet_on("127.0.0.1:8404");
  EXPECT_TRUE(is_greeted_at("console"));
}

TEST_F(LabHosts, TheDoorsLeadToTheBalancersHostAlsoAfterItsReboot) {
  lab().reboot("front");
  greet_on("127.0.0.1:8404");
  EXPECT_TRUE(is_greeted_at("console"));
}

}  // namespace
}  // namespace bramble::test
