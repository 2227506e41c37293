// SPDX-License-Identifier: Apache-2.0
// The firewall step's scripts are run here, each in a network of its own, into which what the step
// wrote is loaded first, as at a boot. A folder of ours stands for /etc and has a fake sshd. A
// second network at the other end of a cable knocks at ports: what the rules let through is refused
// by the kernel, as nobody listens, and the rest is not answered.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>

#include "base/file.hh"
#include "base/process.hh"
#include "base/text.hh"
#include "provision/firewall.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string relocated(std::string text, std::string_view what, const std::string& with) {
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

  // Which of the knocks are answered, "inside" or "outside" with where to and a port: all at once.
  // The cable has that name inside; the addresses of its ends are of networks of 24 bits.
  std::vector<std::string> answered(const std::string& cable,
                                    const std::vector<std::string>& inside,
                                    const std::vector<std::string>& outside,
                                    const std::vector<std::string>& knocks) const {
    std::string script = fmt::format("cable={}\ninside='{}'\noutside='{}'\n", cable,
                                     fmt::join(inside, " "), fmt::join(outside, " "));
    script += R"sh(
unshare --net sleep 60 &
other=$!
trap 'kill $other' EXIT
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
there() { nsenter --net --target $other "$@"; }
ip link add "$cable" type veth peer name far
ip link set far netns $other
for address in $inside; do ip address add "$address/24" dev "$cable"; done
for address in $outside; do there ip address add "$address/24" dev far; done
ip link set "$cable" up
there ip link set far up
echo '50000 50100' >/proc/sys/net/ipv4/ip_local_port_range
from() {
  case $1 in inside) run= ;; outside) run=there ;; esac
  if $run timeout 5 bash -c "exec 3<>/dev/tcp/$2/$3" 2>&1 | grep -q refused; then echo "$1 $2 $3"; fi
}
)sh";
    script += "{\n";
    for (const std::string& knock : knocks) script += "from " + knock + " &\n";
    const Result<Outcome> outcome = in_network({.text = script + "wait\n} | sort\n"});
    EXPECT_TRUE(outcome.ok() && outcome->ok()) << (outcome.ok() ? outcome->err : "");
    std::vector<std::string> all;
    if (outcome.ok())
      for (const std::string_view line : lines(outcome->out)) all.emplace_back(line);
    return all;
  }

  std::string ssh_connection_;

 private:
  Result<Outcome> in_network(const Script& script) const {
    constexpr std::string_view kBoot = R"sh(
export PATH="$place:$PATH"
if [ -e "$place/etc/bramble/firewall.nft" ]; then nft -f "$place/etc/bramble/firewall.nft"; fi
)sh";
    const std::string text =
        fmt::format("place={}\nSSH_CONNECTION='{}'\n", place_, ssh_connection_) +
        std::string(kBoot) + relocated(script.text, "/etc/", place_ + "/etc/");
    Outcome outcome = TRY(run({.argv = {"unshare", "--map-root-user", "--net", "sh", "-euc", text},
                               .input = script.input}));
    outcome.out = relocated(outcome.out, place_ + "/etc/", "/etc/");
    return outcome;
  }

  std::string place_ = "/tmp/firewall_network_test-XXXXXX";
  const Cluster cluster_{.nodes = {{"one", "192.168.2.5"}, {"two", "192.168.2.6"}},
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
  EXPECT_THAT(rules_after_up(), HasSubstr("goto tunnel\n    tcp dport { 24007"));
}

TEST_F(FirewallInANetwork, ShowsGlusterToTheOtherNodesAndNobodyElse) {
  (void)rules_after_up();
  EXPECT_THAT(answered("eth0", {"192.168.2.5", "203.0.113.5"}, {"192.168.2.6", "203.0.113.4"},
                       {"outside 192.168.2.5 24007", "outside 192.168.2.5 49152",
                        "outside 203.0.113.5 24007", "outside 203.0.113.5 60999",
                        "outside 203.0.113.5 80"}),
              ElementsAre("outside 192.168.2.5 24007", "outside 192.168.2.5 49152",
                          "outside 203.0.113.5 80"));
}

TEST_F(FirewallInANetwork, ShowsTheWebServerToTheBalancerAndNothingElseToTheTunnel) {
  (void)rules_after_up();
  EXPECT_THAT(
      answered("bramble", {"10.77.0.11"}, {"10.77.0.1"},
               {"outside 10.77.0.11 80", "outside 10.77.0.11 22", "outside 10.77.0.11 24007"}),
      ElementsAre("outside 10.77.0.11 80"));
}

// Also at a port among those that are shut.
TEST_F(FirewallInANetwork, LetsInWhatAnswers) {
  (void)rules_after_up();
  EXPECT_THAT(answered("bramble", {"10.77.0.11"}, {"10.77.0.1"}, {"inside 10.77.0.1 8404"}),
              ElementsAre("inside 10.77.0.1 8404"));
  EXPECT_THAT(answered("eth0", {"203.0.113.5"}, {"203.0.113.4"}, {"inside 203.0.113.4 443"}),
              ElementsAre("inside 203.0.113.4 443"));
}

}  // namespace
}  // namespace bramble::provision
