// SPDX-License-Identifier: Apache-2.0
#include "provision/reach.hh"

#include <gtest/gtest.h>

#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using std::chrono::milliseconds;

const Machine kMachine{"one", "192.168.2.5"};
constexpr const char* kWell =
    "system=debian 12\narchitecture=arm64\nsystemd=yes\nmemory=3800\ndisk=20000\n";

std::vector<std::string> faults(const std::string& output) {
  return faults_of(Look::parse(output), kMachine);
}

TEST(Reach, AMachineThatIsWellHasNoFaults) {
  EXPECT_TRUE(faults(kWell).empty());
  EXPECT_TRUE(faults("system=raspbian 12\nsystemd=yes\nmemory=420\ndisk=301\n").empty());
}

TEST(Reach, TellsEverythingThatIsWrongWithAMachine) {
  EXPECT_EQ(faults("system=ubuntu 22.04\nmemory=256\ndisk=12\n"),
            (std::vector<std::string>{
                "one: it runs ubuntu 22.04: Debian 12 or Raspberry Pi OS 12 is needed",
                "one: it was not booted by systemd, which runs the services",
                "one: 256 MiB of memory: 350 MiB are needed",
                "one: 12 MiB are free on /: 300 MiB are needed"}));
}

TEST(Reach, ANodeHasTheAddressThatTheFileGivesIt) {
  const std::string mine = std::string(kWell) + "addresses=" + kMachine.address + " fd00::5 \n";
  EXPECT_TRUE(faults(mine).empty());
  EXPECT_EQ(faults(std::string(kWell) + "addresses=192.168.2.77 fd00::5 \n"),
            (std::vector<std::string>{"one: " + kMachine.address +
                                      " is not its address, it has 192.168.2.77 and fd00::5: "
                                      "correct the file, or the ssh_config that leads to another "
                                      "machine"}));
}

TEST(Reach, APortThatSomebodyElseHasIsAFault) {
  EXPECT_TRUE(faults(std::string(kWell) + "taken=\n").empty());
  EXPECT_EQ(faults(std::string(kWell) + "taken=80 apache2\n").at(0),
            "one: apache2 listens on port 80 there, which the web server needs: end it (systemctl "
            "disable --now apache2), or give it another port");
}

TEST(Reach, TheBalancerListensOnAnAddressOfItsOwn) {
  const Look look = Look::parse("addresses=198.18.0.10 2001:db8::1 \n");
  const Machine front{"front", "198.18.0.10"};
  EXPECT_TRUE(faults_of_listen(look, front, {"0.0.0.0:80", "198.18.0.10:8080"}).empty());
  EXPECT_TRUE(faults_of_listen(Look::parse(""), front, {"10.0.0.1:80"}).empty()) << "not known";
  EXPECT_EQ(faults_of_listen(look, front, {"10.0.0.1:81"}).at(0),
            "front: it is to listen on 10.0.0.1:81, but has 198.18.0.10 and 2001:db8::1: write "
            "listen = [\"0.0.0.0:81\"] under [balancer]");
}

TEST(Reach, KnowsCures) {
  const SshOptions ssh{.user = "pi"};
  EXPECT_EQ(cure_for("one: sudo: a password is required", kMachine, ssh),
            "one: pi may not become root without a password: on one, run echo 'pi ALL=(ALL) "
            "NOPASSWD: ALL' | sudo tee /etc/sudoers.d/pi");
  EXPECT_EQ(
      cure_for("one: ssh: pi@192.168.2.5: Permission denied (publickey,password).", kMachine, ssh),
      "one: ssh: pi@192.168.2.5: Permission denied (publickey,password).: no key of ours is "
      "let in there: run ssh-copy-id pi@192.168.2.5, or ssh-add where your key has a passphrase");
  EXPECT_EQ(cure_for("one: ssh: connect to host 192.168.2.5 port 22: Connection timed out",
                     kMachine, ssh),
            "one: ssh: connect to host 192.168.2.5 port 22: Connection timed out: is it on, is "
            "192.168.2.5 its address, and does sshd run there?");
  EXPECT_EQ(cure_for("one: something new", kMachine, ssh), "one: something new");
  EXPECT_TRUE(cure_for("one: ssh: Host key verification failed", kMachine, ssh)
                  .ends_with(": its key is not known, and ssh may note no new one: add it to the "
                             "known hosts, or allow that by StrictHostKeyChecking"));
}

std::vector<Reached> with_clocks(const std::vector<int>& ahead) {
  std::vector<Reached> all;
  for (const int one : ahead)
    all.push_back({.machine = "m" + std::to_string(all.size()),
                   .login = "pi@m" + std::to_string(all.size()),
                   .answered = true,
                   .clock_ahead = milliseconds(one)});
  tell_clocks(all);
  return all;
}

TEST(Reach, ClocksMayDifferByTwoSecondsWhateverOursSays) {
  EXPECT_TRUE(all_well(with_clocks({0, 2000, -1900})));
  EXPECT_TRUE(all_well(with_clocks({50000, 50500, 51000})));
  EXPECT_TRUE(all_well(with_clocks({})));
}

TEST(Reach, TellsTheClockThatGoesWrong) {
  const std::vector<Reached> all = with_clocks({100, -3600000, 50, 9000});
  EXPECT_TRUE(all[0].faults.empty());
  EXPECT_EQ(all[1].faults,
            std::vector<std::string>{"m1: its clock is 60 min behind the others: wait for NTP, or "
                                     "set it from where the time is right: ssh pi@m1 sudo date -s "
                                     "@$(date +%s)"});
  EXPECT_TRUE(all[2].faults.empty());
  EXPECT_EQ(all[3].faults.size(), 1U);
}

TEST(Reach, TellsTheFaultsOfAllMachinesAtOnce) {
  const Cluster cluster{.nodes = {{"one", "10.0.0.1"}, {"two", "10.0.0.2"}, {"three", "10.0.0.3"}}};
  std::map<std::string, std::unique_ptr<Host>> hosts;
  auto one = std::make_unique<FakeHost>("one");
  one->answer("os-release", kWell).answer("clock", "clock=1700000000\n");
  auto two = std::make_unique<FakeHost>("two");
  two->react(
      "", [](const Script&) -> Result<Outcome> { return failure("two: ssh: Connection refused"); });
  auto three = std::make_unique<FakeHost>("three");
  three->answer("os-release", "system=debian 11\nsystemd=yes\nmemory=900\ndisk=900\n")
      .answer("clock", "clock=1700000000\n");
  hosts.emplace("one", std::move(one));
  hosts.emplace("two", std::move(two));
  hosts.emplace("three", std::move(three));
  const std::vector<Reached> all = reach_all(Site(cluster, std::move(hosts)));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[0].faults.empty());
  EXPECT_FALSE(all[1].answered);
  EXPECT_EQ(all[1].faults.size(), 1U);
  EXPECT_EQ(all[2].faults.at(0),
            "three: it runs debian 11: Debian 12 or Raspberry Pi OS 12 is needed");
}

TEST(Reach, TwoNamesOfOneMachineAreAFault) {
  std::vector<Reached> all = {{.machine = "one", .look = Look::parse("boot=a1 net:[1]\n")},
                              {.machine = "two", .look = Look::parse("boot=a1 net:[2]\n")},
                              {.machine = "away", .look = Look::parse("boot= \n")},
                              {.machine = "front", .look = Look::parse("boot=a1 net:[1]\n")},
                              {.machine = "gone", .look = Look::parse("boot= \n")}};
  tell_twins(all);
  for (const std::size_t well : {0U, 1U, 2U, 4U}) EXPECT_TRUE(all[well].faults.empty()) << well;
  EXPECT_EQ(all[3].faults.at(0),
            "one and front are the same machine: correct the file, or the ssh_config that leads "
            "there");
}

TEST(Reach, ReportsAreThoseOfOneStep) {
  const std::vector<StepReport> reports =
      reports_of({{.machine = "one", .answered = true},
                  {.machine = "two", .faults = {"two: no", "two: nor"}}});
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].verdict, Verdict::kOk);
  EXPECT_EQ(reports[1].verdict, Verdict::kFailed);
  EXPECT_EQ(reports[1].error, "two: no\ntwo: nor");
}

}  // namespace
}  // namespace bramble::provision
