// SPDX-License-Identifier: Apache-2.0
#include "provision/hosts_block.hh"

#include <gtest/gtest.h>

#include "provision/whole_cluster.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kBlock =
    "# bramble begin\n"
    "192.168.2.5     one\n"
    "192.168.2.6     two\n"
    "# bramble end\n";

TEST(HostsBlock, NodesSeeEachOtherInTheirLanAndTheRestThroughTheTunnel) {
  EXPECT_EQ(hosts_block(kWholeCluster, kWholeCluster.nodes[1]),
            "# bramble begin\n"
            "192.168.2.5     one\n"
            "127.0.1.1       two\n"
            "10.77.0.2       away\n"
            "10.77.0.1       front\n"
            "# bramble end\n");
}

TEST(HostsBlock, MachinesOutsideSeeEverythingThroughTheTunnel) {
  EXPECT_EQ(hosts_block(kWholeCluster, *kWholeCluster.offsite),
            "# bramble begin\n"
            "10.77.0.11      one\n"
            "10.77.0.12      two\n"
            "127.0.1.1       away\n"
            "10.77.0.1       front\n"
            "# bramble end\n");
}

TEST(HostsBlock, ClientComputersSeeAddressesOutsideTheTunnel) {
  EXPECT_EQ(hosts_block_for_clients(kWholeCluster),
            "# bramble begin\n"
            "192.168.2.5     one\n"
            "192.168.2.6     two\n"
            "198.51.100.7    away\n"
            "198.51.100.9    front\n"
            "# bramble end\n");
}

TEST(HostsBlock, AMachineFindsItselfWithoutAnyNetwork) {
  for (const Machine& machine : kWholeCluster.machines())
    EXPECT_NE(hosts_block(kWholeCluster, machine).find("127.0.1.1       " + machine.name + "\n"),
              std::string::npos);
}

TEST(EditHosts, AppendsTheBlockAndLeavesForeignLinesAlone) {
  const std::string foreign = "127.0.0.1 localhost\n\n# mine\n10.0.0.9\tprinter  # in the hall\n";
  EXPECT_EQ(edit_hosts(foreign, kBlock)->text, foreign + std::string(kBlock));
}

TEST(EditHosts, IsDoneWhenItIsDone) {
  const std::string once = edit_hosts("127.0.0.1 localhost\n", kBlock)->text;
  const HostsEdit twice = *edit_hosts(once, kBlock);
  EXPECT_EQ(twice.text, once);
  EXPECT_TRUE(twice.taken_out_of.empty());
}

TEST(EditHosts, ReplacesAnOldBlockAtItsPlace) {
  EXPECT_EQ(edit_hosts("a 1\n# bramble begin\n10.9.9.9 one\n# bramble end\nz 1\n", kBlock)->text,
            "a 1\n" + std::string(kBlock) + "z 1\n");
}

TEST(EditHosts, KeepsOneBlockOfSeveral) {
  const std::string twice = std::string(kBlock) + "x 1\n" + std::string(kBlock);
  EXPECT_EQ(edit_hosts(twice, kBlock)->text, std::string(kBlock) + "x 1\n");
}

TEST(EditHosts, TakesNamesOfOursOutOfLoopbackLines) {
  const HostsEdit edit = *edit_hosts("127.0.1.1\tone.lan one raspberrypi\n127.0.1.1 two\n", kBlock);
  EXPECT_EQ(edit.text, "127.0.1.1\tone.lan raspberrypi\n" + std::string(kBlock));
  EXPECT_EQ(edit.taken_out_of,
            (std::vector<std::string>{"127.0.1.1\tone.lan one raspberrypi", "127.0.1.1 two"}));
}

TEST(EditHosts, TakesTheHostsOwnNameOutOfAnyLine) {
  const std::string block = hosts_block(kWholeCluster, kWholeCluster.nodes[1]);
  const HostsEdit edit = *edit_hosts("192.168.2.5 one\n192.168.2.6 two nas\n10.0.0.9 two\n", block);
  EXPECT_EQ(edit.text, "192.168.2.5 one\n192.168.2.6\tnas\n" + block);
  EXPECT_EQ(edit.taken_out_of, (std::vector<std::string>{"192.168.2.6 two nas", "10.0.0.9 two"}));
  EXPECT_EQ(edit_hosts("10.0.0.9 two one\n", block).error().what,
            "/etc/hosts, line 1: \"10.0.0.9 two one\" gives one another address than 192.168.2.5: "
            "take it away, or change bramble.toml");
}

TEST(EditHosts, RefusesAForeignLineThatSaysOtherwise) {
  EXPECT_EQ(edit_hosts("127.0.0.1 localhost\n10.0.0.9 two\n", kBlock).error().what,
            "/etc/hosts, line 2: \"10.0.0.9 two\" gives two another address than 192.168.2.6: take "
            "it away, or change bramble.toml");
  EXPECT_TRUE(edit_hosts("192.168.2.6 two\n", kBlock).ok()) << "it says the same";
  EXPECT_TRUE(edit_hosts("# 10.0.0.9 two\n", kBlock).ok()) << "it is a comment";
}

TEST(EditHosts, RefusesABlockWithoutItsEnd) {
  EXPECT_EQ(edit_hosts("# bramble begin\n10.0.0.1 one\n", kBlock).error().what,
            "/etc/hosts: \"# bramble begin\" stands there without \"# bramble end\" after it: put "
            "the end back, or take the beginning away");
}

}  // namespace
}  // namespace bramble::provision
