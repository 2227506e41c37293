// SPDX-License-Identifier: Apache-2.0
// The firewall step's scripts are run here, each in a network of its own, into which the owner's
// rules and what the step wrote are loaded first, as at a boot. A folder of ours stands for /etc
// and has a fake sshd.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>

#include "base/file.hh"
#include "base/process.hh"
#include "provision/firewall.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string replaced(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

class FirewallInANetwork : public testing::Test {
 protected:
  FirewallInANetwork() {
    EXPECT_NE(::mkdtemp(place_.data()), nullptr);
    program("sshd", "echo port 22; echo listenaddress '[::]:22'");
    program("systemctl", "exit 0");
    auto host = std::make_unique<FakeHost>("one");
    host->react("", [this](const Script& script) { return in_network(script); });
    std::map<std::string, std::unique_ptr<Host>> hosts;
    hosts.emplace("one", std::move(host));
    site_ = std::make_unique<Site>(cluster_, std::move(hosts));
  }
  ~FirewallInANetwork() override { fs::remove_all(place_); }

  void SetUp() override {
    const Result<Outcome> usable = in_network({.text = "nft list ruleset"});
    if (!usable.ok() || !usable->ok()) GTEST_SKIP() << "no nft in a network of its own";
  }

  void program(const std::string& name, const std::string& script) const {
    const std::string path = place_ + "/" + name;
    EXPECT_TRUE(write_file(path, "#!/bin/sh\n" + script + "\n").ok());
    fs::permissions(path, fs::perms::owner_all);
  }

  std::vector<std::string> plan() const {
    std::vector<std::string> all;
    const auto changes = firewall_step()->plan(*site_, "one");
    EXPECT_TRUE(changes.ok()) << changes.error().what;
    for (const Change& change : changes.value()) all.push_back(change.what);
    return all;
  }

  std::string rules_after_up() const {
    const Result<void> applied = firewall_step()->apply(*site_, "one");
    EXPECT_TRUE(applied.ok()) << applied.error().what;
    return *read_file(place_ + "/etc/bramble/firewall.nft");
  }

  // The owner's own rules, for nft -f: of a chain for what comes in, or the whole file.
  void owner_accepts(const std::string& rule) const {
    owner_file(
        "table inet filter {\nchain input {\n"
        "type filter hook input priority filter; policy drop;\n" +
        rule + "\n}\n}\n");
  }
  void owner_file(const std::string& text) const {
    EXPECT_TRUE(write_file(place_ + "/owner.nft", text).ok());
  }

  std::string ssh_connection_;

 private:
  Result<Outcome> in_network(const Script& script) const {
    constexpr std::string_view kBoot = R"sh(
export PATH="$place:$PATH"
for rules in "$place/owner.nft" "$place/etc/bramble/firewall.nft"; do
  if [ -e "$rules" ]; then nft -f "$rules"; fi
done
)sh";
    const std::string text =
        fmt::format("place={}\nSSH_CONNECTION='{}'\n", place_, ssh_connection_) +
        std::string(kBoot) + replaced(script.text, "/etc/", place_ + "/etc/");
    Outcome outcome = TRY(run({.argv = {"unshare", "--map-root-user", "--net", "sh", "-euc", text},
                               .input = script.input}));
    outcome.out = replaced(outcome.out, place_ + "/etc/", "/etc/");
    return outcome;
  }

  std::string place_ = "/tmp/firewall_network_test-XXXXXX";
  const Cluster cluster_{.nodes = {{"one", "192.168.2.5"}},
                         .balancer = Machine{"front", "198.51.100.9", Role::kBalancer}};
  std::unique_ptr<Site> site_;
};

TEST_F(FirewallInANetwork, LeavesThePortOpenByWhichUpCameThoughSshdDoesNotNameIt) {
  ssh_connection_ = "203.0.113.4 40000 192.168.2.5 50022";
  EXPECT_THAT(rules_after_up(), HasSubstr("tcp dport { 22, 50022 } accept\n"));
  EXPECT_THAT(plan(), IsEmpty());
}

TEST_F(FirewallInANetwork, NamesThePortOfSshOnceAndDoesWithoutAConnection) {
  ssh_connection_ = "2001:db8::1 40000 2001:db8::2 22";
  EXPECT_THAT(rules_after_up(), HasSubstr("tcp dport { 22 } accept\n"));
  ssh_connection_ = "";
  EXPECT_THAT(plan(), IsEmpty());
  program("sshd", "exit 1");
  EXPECT_THAT(rules_after_up(), Not(HasSubstr("} accept\n")));
}

TEST_F(FirewallInANetwork, LeavesTheBalancersVisitsUntrackedBesideRulesThatDoNotMind) {
  EXPECT_THAT(rules_after_up(), HasSubstr("notrack"));
  for (const char* rule :
       {"tcp dport { 22, 80 } accept", R"(iifname "eth0" comment "ct state new")",
        R"(log prefix "dnat ct state new")", R"(ct helper "ftp" accept)"}) {
    owner_accepts(rule);
    EXPECT_THAT(plan(), IsEmpty()) << rule;
  }
}

TEST_F(FirewallInANetwork, TracksAllWhereTheOwnersRulesGoByState) {
  for (const char* rule :
       {"ct state new tcp dport 80 accept", "ct state established,related accept",
        "ct state vmap { established : accept, invalid : drop }", "meta mark set ct mark",
        "tcp dport 80 ct count over 100 drop"}) {
    owner_accepts(rule);
    EXPECT_THAT(rules_after_up(), Not(HasSubstr("notrack"))) << rule;
    EXPECT_THAT(plan(), IsEmpty()) << rule;
  }
}

TEST_F(FirewallInANetwork, TracksAllBesideNat) {
  owner_file(
      "table ip nat {\nchain output {\ntype nat hook prerouting priority dstnat;\n"
      "tcp dport 8080 redirect to :80\n}\n}\n");
  EXPECT_THAT(rules_after_up(), Not(HasSubstr("notrack")));
  EXPECT_THAT(plan(), IsEmpty());
}

TEST_F(FirewallInANetwork, FollowsTheOwnersRulesAsTheyComeAndGo) {
  EXPECT_THAT(rules_after_up(), HasSubstr("notrack"));
  owner_accepts("ct state new tcp dport 80 accept");
  EXPECT_THAT(plan(), ElementsAre("write /etc/bramble/firewall.nft",
                                  HasSubstr("visits stay tracked, as rules of another firewall")));
  EXPECT_THAT(rules_after_up(), Not(HasSubstr("notrack")));
  EXPECT_THAT(plan(), IsEmpty());
  owner_file("");
  EXPECT_THAT(plan(), ElementsAre("write /etc/bramble/firewall.nft", Not(HasSubstr("tracked"))));
  EXPECT_THAT(rules_after_up(), HasSubstr("notrack"));
  EXPECT_THAT(plan(), IsEmpty());
}

TEST_F(FirewallInANetwork, KnowsRulesOfIptablesThatNftCannotShow) {
  const auto nft_says = [this](const std::string& words) {
    program("nft", "[ \"$*\" != '-t list ruleset' ] || " + words + "\nexec /usr/sbin/nft \"$@\"");
  };
  for (const char* words :
       {"echo 'XT match conntrack not found' >&2", "echo ' xt match state counter accept'",
        R"(echo ' xt match "conntrack" counter accept')"}) {
    nft_says(words);
    EXPECT_THAT(rules_after_up(), Not(HasSubstr("notrack"))) << words;
    EXPECT_THAT(plan(), IsEmpty()) << words;
  }
  nft_says("echo 'XT match comment not found' >&2");
  EXPECT_THAT(rules_after_up(), HasSubstr("notrack"));
}

TEST_F(FirewallInANetwork, KnowsRulesOfIptablesOlderKind) {
  const auto save_says = [this](const std::string& table, const std::string& rule) {
    program("iptables-legacy-save", "echo '*" + table + "'; echo ':INPUT ACCEPT [0:0]'\n" +
                                        "echo '" + rule + "'; echo COMMIT");
    return rules_after_up();
  };
  EXPECT_THAT(save_says("filter", "-A INPUT -m conntrack --ctstate NEW -j ACCEPT"),
              Not(HasSubstr("notrack")));
  EXPECT_THAT(save_says("filter", R"(-A INPUT -m comment --comment "not -m state" -j ACCEPT)"),
              HasSubstr("notrack"));
  EXPECT_THAT(save_says("nat", "-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080"),
              Not(HasSubstr("notrack")));
  EXPECT_THAT(save_says("nat", ""), HasSubstr("notrack"));
}

}  // namespace
}  // namespace bramble::provision
