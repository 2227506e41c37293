// SPDX-License-Identifier: Apache-2.0
#include "provision/firewall.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "base/text.hh"
#include "provision/firewall_rules.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kRules = "/etc/bramble/firewall.nft";

// A node that keeps what it is given, and loads it when the step is applied.
class FirewallNode {
 public:
  FirewallNode() {
    auto host = std::make_unique<FakeHost>("one");
    host->react("lan=", [this](const Script&) { return Outcome{.out = look()}; });
    host->react(".bramble-new", [this](const Script& put) {
      files[std::string(trim(std::string_view(put.text).substr(5, put.text.find('\n') - 5)))] =
          put.input;
      return Outcome{};
    });
    host->react("systemctl restart bramble-firewall", [this](const Script&) {
      loaded = firewall_mark(files[kRules]);
      reload = "no";
      return Outcome{};
    });
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("one", std::move(host));
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }

  std::vector<std::string> plan() const {
    std::vector<std::string> all;
    const auto changes = firewall_step()->plan(*site_, "one");
    for (const Change& change : changes.value()) all.push_back(change.what);
    return all;
  }
  void apply() { EXPECT_TRUE(firewall_step()->apply(*site_, "one").ok()); }

  std::map<std::string, std::string> files;
  std::string ssh, loaded, reload;

 private:
  std::string look() const {
    std::string text = "lan=192.168.2.0/24\nssh=" + ssh + "\nmark=" + loaded +
                       "\nunit=" + (loaded.empty() ? "no" : "yes") + "\nreload=" + reload + "\n";
    for (const auto& [path, content] : files) {
      text += "@" + path + "\n";
      for (const std::string_view line : lines(content)) text += "|" + std::string(line) + "\n";
    }
    return text;
  }

  const Cluster cluster_{.nodes = {{"one", "192.168.2.5"}}};
  std::unique_ptr<Site> site_;
};

TEST(FirewallStep, LoadsItsTableOnce) {
  FirewallNode node;
  EXPECT_THAT(node.plan(), ElementsAre(HasSubstr("write /etc/bramble/firewall.nft"),
                                       HasSubstr("load the nftables table inet bramble")));
  node.apply();
  EXPECT_THAT(node.plan(), IsEmpty());
}

TEST(FirewallStep, LetsSshInWhereTheMachinesSshdListens) {
  FirewallNode node;
  node.ssh = "22 50022 ";
  node.apply();
  EXPECT_THAT(node.files[kRules], HasSubstr("tcp dport { 22, 50022 } accept\n"));
  EXPECT_THAT(node.plan(), IsEmpty());
  node.ssh = "50023 ";
  EXPECT_THAT(node.plan(), ElementsAre("write /etc/bramble/firewall.nft",
                                       HasSubstr("load the nftables table inet bramble")));
}

TEST(FirewallStep, IsLoadedAgainByWhoeverStartsNftables) {
  constexpr const char* kDropIn = "/etc/systemd/system/nftables.service.d/bramble.conf";
  FirewallNode node;
  node.apply();
  EXPECT_THAT(node.files[kDropIn],
              HasSubstr("[Service]\nExecStartPost=-/usr/sbin/nft -f /etc/bramble/firewall.nft\n"));
  node.files.erase(kDropIn);
  EXPECT_THAT(node.plan(), ElementsAre(std::string("write ") + kDropIn));
  node.files[kDropIn] = "[Service]\n";
  EXPECT_THAT(node.plan(), ElementsAre(std::string("write ") + kDropIn));
}

TEST(FirewallStep, MakesSystemdReadWhatAnInterruptedRunWrote) {
  FirewallNode node;
  node.apply();
  node.reload = "yes";
  EXPECT_THAT(node.plan(), ElementsAre("make systemd read again how nftables is started"));
  node.apply();
  EXPECT_THAT(node.plan(), IsEmpty());
}

TEST(FirewallStep, TakesOnlyNumbersForPorts) {
  FirewallNode node;
  node.ssh = "yes 22x ";
  node.apply();
  EXPECT_THAT(node.files[kRules], HasSubstr("goto tunnel\n    tcp dport { 24007"));
}

}  // namespace
}  // namespace bramble::provision
