// SPDX-License-Identifier: Apache-2.0
#include "provision/tunnel.hh"

#include <gtest/gtest.h>

#include "provision/tunnel_config.hh"
#include "provision/whole_cluster.hh"
#include "ssh/fake_host.hh"

namespace bramble::provision {
namespace {

TEST(TunnelConfig, ANodeDialsTheMachinesOutside) {
  EXPECT_EQ(tunnel_config(kWholeCluster, kWholeCluster.nodes[0],
                          {{"away", "AWAY="}, {"front", "FRONT="}}),
            "# Written by `bramble up`; changes are lost.\n"
            "[Interface]\n"
            "Address = 10.77.0.11/32\n"
            "PostUp = wg set %i private-key /etc/wireguard/bramble.key\n"
            "PostUp = cp /etc/wireguard/bramble.conf /run/bramble-tunnel.conf\n"
            "\n"
            "# away\n"
            "[Peer]\n"
            "PublicKey = AWAY=\n"
            "AllowedIPs = 10.77.0.2/32\n"
            "Endpoint = 198.51.100.7:51820\n"
            "PersistentKeepalive = 10\n"
            "\n"
            "# front\n"
            "[Peer]\n"
            "PublicKey = FRONT=\n"
            "AllowedIPs = 10.77.0.1/32\n"
            "Endpoint = 198.51.100.9:51820\n"
            "PersistentKeepalive = 10\n");
}

TEST(TunnelConfig, AMachineOutsideListensAndNeverDialsIntoTheLan) {
  EXPECT_EQ(tunnel_config(kWholeCluster, *kWholeCluster.balancer,
                          {{"one", "ONE="}, {"two", "TWO="}, {"away", "AWAY="}}),
            "# Written by `bramble up`; changes are lost.\n"
            "[Interface]\n"
            "Address = 10.77.0.1/32\n"
            "PostUp = wg set %i private-key /etc/wireguard/bramble.key\n"
            "PostUp = cp /etc/wireguard/bramble.conf /run/bramble-tunnel.conf\n"
            "ListenPort = 51820\n"
            "\n"
            "# one\n"
            "[Peer]\n"
            "PublicKey = ONE=\n"
            "AllowedIPs = 10.77.0.11/32\n"
            "\n"
            "# two\n"
            "[Peer]\n"
            "PublicKey = TWO=\n"
            "AllowedIPs = 10.77.0.12/32\n"
            "\n"
            "# away\n"
            "[Peer]\n"
            "PublicKey = AWAY=\n"
            "AllowedIPs = 10.77.0.2/32\n"
            "Endpoint = 198.51.100.7:51820\n");
}

// The machine "one" of the cluster above, and what the others say.
class TunnelStep : public testing::Test {
 protected:
  TunnelStep() {
    std::map<std::string, std::unique_ptr<Host>> hosts;
    for (const Machine& machine : kWholeCluster.machines()) {
      auto host = std::make_unique<FakeHost>(machine.name);
      fakes_[machine.name] = host.get();
      hosts.emplace(machine.name, std::move(host));
    }
    site_ = std::make_unique<Site>(kWholeCluster, std::move(hosts));
  }

  std::vector<std::string> plan() {
    const Result<std::vector<Change>> changes =
        tunnel_step(std::make_shared<TunnelKeys>())->plan(*site_, "one");
    if (!changes.ok()) return {"error: " + changes.error().what};
    std::vector<std::string> all;
    for (const Change& change : *changes) all.push_back(change.what);
    return all;
  }

  void give_keys() {
    for (const char* name : {"one", "away", "front"})
      fakes_[name]->answer("wg pubkey", std::string("key=") + name + "=\n");
  }

  static std::string as_told(const std::string& config) {
    std::string told = "@/etc/wireguard/bramble.conf\n|";
    for (const char c : config.substr(0, config.size() - 1))
      told += c == '\n' ? "\n|" : std::string(1, c);
    return told + "\n";
  }

  std::map<std::string, FakeHost*> fakes_;
  std::unique_ptr<Site> site_;
};

TEST_F(TunnelStep, OnFreshMachinesEverythingIsToBeDone) {
  for (const auto& [name, host] : fakes_) host->answer("", "");
  EXPECT_EQ(plan(), (std::vector<std::string>{
                        "write /etc/wireguard/bramble.conf: lines to away, front",
                        "bring the tunnel up at boot", "bring the tunnel 10.77.0.11 up"}));
}

TEST_F(TunnelStep, ATunnelThatIsUpAsConfiguredIsLeftAlone) {
  give_keys();
  const std::string config = tunnel_config(kWholeCluster, kWholeCluster.nodes[0],
                                           {{"away", "away="}, {"front", "front="}});
  fakes_["one"]->answer(
      "wg show", "enabled=yes\npeers=away= front= \nkey=one=\naddress=10.77.0.11/32\nloaded=yes\n" +
                     as_told(config));
  EXPECT_EQ(plan(), std::vector<std::string>{});
}

// Its file was written, and then `up` was interrupted: an endpoint, or an address, is yet another.
TEST_F(TunnelStep, ATunnelThatHasNotLoadedItsFileLoadsIt) {
  give_keys();
  const std::string config = tunnel_config(kWholeCluster, kWholeCluster.nodes[0],
                                           {{"away", "away="}, {"front", "front="}});
  fakes_["one"]->answer(
      "wg show",
      "enabled=yes\npeers=away= front= \nkey=one=\naddress=10.77.0.11/32\n" + as_told(config));
  EXPECT_EQ(plan(), std::vector<std::string>{"bring the tunnel 10.77.0.11 up"});
}

TEST_F(TunnelStep, ATunnelThatIsDownIsBroughtUp) {
  give_keys();
  const std::string config = tunnel_config(kWholeCluster, kWholeCluster.nodes[0],
                                           {{"away", "away="}, {"front", "front="}});
  fakes_["one"]->answer("wg show", "enabled=yes\n" + as_told(config));
  EXPECT_EQ(plan(), std::vector<std::string>{"bring the tunnel 10.77.0.11 up"});
}

TEST_F(TunnelStep, APeersNewKeyIsWrittenAndLoaded) {
  give_keys();
  const std::string config = tunnel_config(kWholeCluster, kWholeCluster.nodes[0],
                                           {{"away", "older="}, {"front", "front="}});
  fakes_["one"]->answer(
      "wg show",
      "enabled=yes\npeers=front= older= \nkey=one=\naddress=10.77.0.11/32\nloaded=yes\n" +
          as_told(config));
  EXPECT_EQ(plan(),
            (std::vector<std::string>{"write /etc/wireguard/bramble.conf: lines to away, front",
                                      "bring the tunnel 10.77.0.11 up"}));
}

TEST_F(TunnelStep, NoPrivateKeyTravels) {
  give_keys();
  fakes_["one"]->answer("", "");
  ASSERT_TRUE(tunnel_step(std::make_shared<TunnelKeys>())->apply(*site_, "one").ok());
  for (const Script& script : fakes_["one"]->asked())
    EXPECT_EQ(script.input.find("PrivateKey"), std::string::npos);
}

}  // namespace
}  // namespace bramble::provision
