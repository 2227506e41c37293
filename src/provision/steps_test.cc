// SPDX-License-Identifier: Apache-2.0
// What the smaller steps decide from what a machine says.
#include "provision/steps.hh"

#include <gtest/gtest.h>

#include "base/file.hh"
#include "provision/host_name.hh"
#include "provision/hosts_file.hh"
#include "provision/packages.hh"
#include "provision/password.hh"
#include "provision/program.hh"
#include "provision/time.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

const Cluster kClusterInBerlin{.name = "berry",
                               .timezone = "Europe/Berlin",
                               .nodes = {{"one", "192.168.2.5"}},
                               .balancer = Machine{"front", "198.51.100.9", Role::kBalancer}};

// One machine, and what it says to whatever it is asked.
class OneMachine {
 public:
  explicit OneMachine(std::string says) {
    auto host = std::make_unique<FakeHost>("one");
    host->answer("", std::move(says));
    host_ = host.get();
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("one", std::move(host));
    site_ = std::make_unique<Site>(kClusterInBerlin, std::move(hosts));
  }

  // The changes with " + " between them, or the error.
  std::string plan(const Step& step) {
    const Result<std::vector<Change>> changes = step.plan(*site_, "one");
    if (!changes.ok()) return "error: " + changes.error().what;
    std::string all;
    for (const Change& change : *changes) all += (all.empty() ? "" : " + ") + change.what;
    return all;
  }

  // The last script of apply.
  Script applied(const Step& step) {
    EXPECT_TRUE(step.apply(*site_, "one").ok());
    return host_->asked().back();
  }

 private:
  FakeHost* host_ = nullptr;
  std::unique_ptr<Site> site_;
};

TEST(HostNameStep, SetsAnotherName) {
  EXPECT_EQ(OneMachine("file=one\nkernel=one\n").plan(*host_name_step()), "");
  EXPECT_EQ(OneMachine("file=raspberrypi\nkernel=raspberrypi\n").plan(*host_name_step()),
            "set the host name one (it is raspberrypi)");
  EXPECT_EQ(OneMachine("file=one\nkernel=raspberrypi\n").plan(*host_name_step()),
            "set the host name one (it is raspberrypi)");
}

TEST(HostsFileStep, WritesTheBlock) {
  OneMachine machine("@/etc/hosts\n|127.0.0.1 localhost\n|127.0.1.1 front\n");
  EXPECT_EQ(machine.plan(*hosts_file_step()),
            "take the cluster's names out of the line \"127.0.1.1 front\" of /etc/hosts + write "
            "the names of 2 "
            "machines into /etc/hosts");
  EXPECT_EQ(machine.applied(*hosts_file_step()).input,
            "127.0.0.1 localhost\n"
            "# bramble begin\n"
            "127.0.1.1       one\n"
            "10.77.0.1       front\n"
            "# bramble end\n");
}

TEST(HostsFileStep, KeepsTheBlockWhereCloudInitWritesTheFileAtEveryBoot) {
  constexpr std::string_view kBlock =
      "|# bramble begin\n|127.0.1.1       one\n|10.77.0.1       front\n|# bramble end\n";
  constexpr std::string_view kSettings =
      "@/etc/cloud/cloud.cfg.d/99-bramble.cfg\n"
      "|# Written by bramble: it sets the host name and writes /etc/hosts.\n"
      "|manage_etc_hosts: false\n|preserve_hostname: true\n";
  const std::string hosts = "@/etc/hosts\n" + std::string(kBlock) + "cloud=yes\n";
  const std::string line = "|127.0.1.1 {{fqdn}} {{hostname}}\n";
  const std::string cloud_template =
      "@/etc/cloud/templates/hosts.debian.tmpl\n|## template:jinja\n" + line;

  OneMachine fresh(hosts + cloud_template);
  EXPECT_EQ(fresh.plan(*hosts_file_step()),
            "write the names of 2 machines into /etc/cloud/templates/hosts.debian.tmpl + keep "
            "cloud-init from the host name and from /etc/hosts "
            "(/etc/cloud/cloud.cfg.d/99-bramble.cfg)");
  EXPECT_EQ(fresh.applied(*hosts_file_step()).input,
            "## template:jinja\n127.0.1.1 {{fqdn}} {{hostname}}\n# bramble begin\n"
            "127.0.1.1       one\n10.77.0.1       front\n# bramble end\n");
  OneMachine without_template(hosts);
  EXPECT_EQ(without_template.applied(*hosts_file_step()).input,
            "# Written by bramble: it sets the host name and writes /etc/hosts.\n"
            "manage_etc_hosts: false\npreserve_hostname: true\n");
  EXPECT_EQ(OneMachine(hosts + std::string(kSettings)).plan(*hosts_file_step()), "");
  EXPECT_EQ(OneMachine(hosts + cloud_template + std::string(kBlock) + std::string(kSettings))
                .plan(*hosts_file_step()),
            "");
}

TEST(TimeStep, SetsTheZoneInBothPlaces) {
  constexpr const char* kNtp = "ntp=systemd-timesyncd\nrunning=yes\n";
  EXPECT_EQ(OneMachine(std::string("zone=Europe/Berlin\nzone file=Europe/Berlin\n") + kNtp)
                .plan(*time_step()),
            "");
  EXPECT_EQ(OneMachine(std::string("zone=Etc/UTC\nzone file=Etc/UTC\n") + kNtp).plan(*time_step()),
            "set the time zone Europe/Berlin (it is Etc/UTC)");
  EXPECT_EQ(
      OneMachine(std::string("zone=Europe/Berlin\nzone file=Etc/UTC\n") + kNtp).plan(*time_step()),
      "set the time zone Europe/Berlin (it is Europe/Berlin)");
}

TEST(TimeStep, TurnsOnNtpUnlessADaemonOfTheOwnersChoiceRuns) {
  const std::string zone = "zone=Europe/Berlin\nzone file=Europe/Berlin\n";
  EXPECT_EQ(OneMachine(zone + "ntp=\nrunning=no\n").plan(*time_step()),
            "turn on NTP (systemd-timesyncd)");
  EXPECT_EQ(OneMachine(zone + "ntp=systemd-timesyncd\nrunning=no\n").plan(*time_step()),
            "turn on NTP (systemd-timesyncd)");
  EXPECT_EQ(OneMachine(zone + "ntp=chrony\nrunning=yes\n").plan(*time_step()), "");
}

TEST(PasswordStep, EndsPasswordLoginWithTheKnownPassword) {
  EXPECT_EQ(OneMachine("users=\n").plan(*password_step()), "");
  OneMachine machine("users=pi\n");
  EXPECT_EQ(machine.plan(*password_step()),
            "end password login of pi: its password is the well-known \"raspberry\" (keys still "
            "log in)");
  EXPECT_EQ(machine.applied(*password_step()).text, "usermod -p '*' -- pi");
}

TEST(PackagesStep, InstallsWhatIsMissing) {
  EXPECT_EQ(OneMachine("missing=\ninterrupted=no\n").plan(*packages_step()), "");
  EXPECT_EQ(OneMachine("missing= curl nftables\ninterrupted=yes\n").plan(*packages_step()),
            "finish an interrupted installation of packages + install the packages curl nftables");
}

TEST(PackagesStep, OnlyMachinesWithBricksGetGlusterFs) {
  const auto has = [](const Machine& machine, const char* package) {
    const std::vector<std::string> all = packages_for(kClusterInBerlin, machine);
    return std::find(all.begin(), all.end(), package) != all.end();
  };
  EXPECT_TRUE(has(kClusterInBerlin.nodes[0], "glusterfs-server"));
  EXPECT_FALSE(has(*kClusterInBerlin.balancer, "glusterfs-server"));
  EXPECT_TRUE(has(*kClusterInBerlin.balancer, "wireguard-tools"));
}

class ProgramStep : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(write_file(path_, "not really a program").ok()); }
  const std::string path_ = testing::TempDir() + "bramble-program";
};

TEST_F(ProgramStep, ReplacesAnotherProgram) {
#if defined(__x86_64__)
  OneMachine machine("architecture=amd64\nsum=0123\n");
  EXPECT_EQ(machine.plan(*program_step(path_)), "replace /usr/bin/bramble (amd64, 20 B)");
  EXPECT_EQ(machine.applied(*program_step(path_)).input, "not really a program");
  EXPECT_EQ(OneMachine("architecture=amd64\n").plan(*program_step(path_)),
            "install /usr/bin/bramble (amd64, 20 B)");
#endif
}

TEST_F(ProgramStep, SaysWhereAProgramForAnotherArchitectureIsLookedFor) {
  EXPECT_EQ(OneMachine("architecture=riscv64\n").plan(*program_step(path_)),
            "error: one: it is riscv64, and there is no bramble for that here: put one at " +
                testing::TempDir() + "bramble-riscv64");
}

TEST_F(ProgramStep, TakesTheProgramForAnotherArchitectureThatLiesBesideIt) {
  const std::string beside = testing::TempDir() + "bramble-mips64el";
  ASSERT_TRUE(write_file(beside, "for others").ok());
  OneMachine machine("architecture=mips64el\n");
  EXPECT_EQ(machine.applied(*program_step(path_)).input, "for others");
}

}  // namespace
}  // namespace bramble::provision
