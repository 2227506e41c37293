// SPDX-License-Identifier: Apache-2.0
#include "provision/tunnel.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/look.hh"
#include "provision/steps.hh"
#include "provision/tunnel_config.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kPublicKey = R"sh(
if [ -s "$key" ] && command -v wg >/dev/null; then echo "key=$(wg pubkey <"$key")"; fi
)sh";

constexpr std::string_view kMakeKey = R"sh(
umask 077
mkdir -p /etc/wireguard
trap 'rm -f "$key.bramble-new"' EXIT
wg genkey >"$key.bramble-new"
sync "$key.bramble-new"
mv -f "$key.bramble-new" "$key"
)sh";

std::string with_paths(std::string_view script) {
  return fmt::format("key={}\nconfig={}\nloaded={}\n{}", kTunnelKey, kTunnelConfig, kTunnelLoaded,
                     script);
}

Result<std::string> ask_for_key(const Site& site, const std::string& machine) {
  const Look look = TRY(Look::at(site.host(machine), with_paths(kPublicKey)));
  return look.value("key");
}

std::vector<std::string> machines_in_tunnel(const Cluster& cluster) {
  return has_tunnel(cluster) ? names_of_all(cluster) : std::vector<std::string>{};
}

class TunnelKey final : public Step {
 public:
  explicit TunnelKey(std::shared_ptr<TunnelKeys> keys) : keys_(std::move(keys)) {}

  std::string_view name() const override { return "tunnel key"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return machines_in_tunnel(cluster);
  }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    std::string key = TRY(ask_for_key(site, machine));
    if (key.empty())
      return std::vector<Change>{{fmt::format("make a WireGuard key, {}", kTunnelKey)}};
    keys_->set(machine, std::move(key));
    return std::vector<Change>{};
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    TRY(site.host(machine).sh(with_paths(kMakeKey)));
    return {};
  }

 private:
  const std::shared_ptr<TunnelKeys> keys_;
};

constexpr std::string_view kTunnelLook = R"sh(
if systemctl -q is-enabled wg-quick@bramble 2>/dev/null; then echo enabled=yes; fi
if ip link show bramble >/dev/null 2>&1; then
  echo "peers=$(wg show bramble peers | sort | tr '\n' ' ')"
  echo "key=$(wg show bramble public-key)"
  echo "address=$(ip -4 -o address show dev bramble | awk '{ print $4 }')"
  if cmp -s "$config" "$loaded"; then echo loaded=yes; fi
fi
)sh";

// A tunnel that is up keeps its connections: only what differs is changed.
constexpr std::string_view kTunnelApply = R"sh(
systemctl -q enable wg-quick@bramble
if [ "$(ip -4 -o address show dev bramble 2>/dev/null | awk '{ print $4 }')" = "$address" ]; then
  umask 077
  new=$(mktemp /run/bramble-tunnel-XXXXXX)
  trap 'rm -f "$new"' EXIT
  wg-quick strip bramble | awk -v file="$key" \
    '{ print } /^\[Interface\]/ { getline key <file; print "PrivateKey = " key }' >"$new"
  wg syncconf bramble "$new"
  wg show bramble allowed-ips | tr '\t ' '\n\n' | sed -n '/^[0-9.]*\/32$/p' |
    while read -r route; do ip -4 route replace "$route" dev bramble; done
  cp "$config" "$loaded"
else
  systemctl restart wg-quick@bramble
fi
)sh";

class Tunnel final : public Step {
 public:
  explicit Tunnel(std::shared_ptr<TunnelKeys> keys) : keys_(std::move(keys)) {}

  std::string_view name() const override { return "tunnel"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return machines_in_tunnel(cluster);
  }
  bool waits_for_all() const override { return true; }  // for the others' keys

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Machine& self = *site.cluster().find(machine);
    const auto keys = TRY(peer_keys(site, self));
    const Look look =
        TRY(Look::at(site.host(machine), with_paths(kTunnelLook) + tell_file(kTunnelConfig)));
    const std::string own_key = TRY(keys_->of(site, machine));
    std::vector<Change> changes;
    if (!keys || look.file(kTunnelConfig) != tunnel_config(site.cluster(), self, *keys))
      changes.push_back({fmt::format("write {}: {}", kTunnelConfig, lines_to(site, self))});
    if (!look.is("enabled")) changes.push_back({"bring the tunnel up at boot"});
    if (!keys || !is_up(site.cluster(), self, look, *keys) || look.value("key") != own_key)
      changes.push_back({fmt::format("bring the tunnel {} up", address(site.cluster(), self))});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const Machine& self = *site.cluster().find(machine);
    const auto keys = TRY(peer_keys(site, self));
    if (!keys) return failure(machine + ": a machine that it has a line to has no key yet");
    Host& host = site.host(machine);
    TRY(host.put(kTunnelConfig, tunnel_config(site.cluster(), self, *keys), 0600));
    TRY(host.sh(
        fmt::format("address={}/32\n{}", address(site.cluster(), self), with_paths(kTunnelApply))));
    return {};
  }

 private:
  using Keys = std::map<std::string, std::string>;

  static std::string address(const Cluster& cluster, const Machine& self) {
    return tunnel_address(cluster, self.name);
  }

  static std::string lines_to(const Site& site, const Machine& self) {
    return "lines to " + join(names(tunnel_peers(site.cluster(), self)), ", ");
  }

  // Nothing where one of them has yet to be made.
  Result<std::optional<Keys>> peer_keys(const Site& site, const Machine& self) const {
    Keys keys;
    for (const Machine& peer : tunnel_peers(site.cluster(), self)) {
      std::string key = TRY(keys_->of(site, peer.name));
      if (key.empty()) return std::optional<Keys>();
      keys.emplace(peer.name, std::move(key));
    }
    return std::optional<Keys>(std::move(keys));
  }

  static bool is_up(const Cluster& cluster, const Machine& self, const Look& look,
                    const Keys& keys) {
    std::vector<std::string> wanted;
    for (const auto& [name, key] : keys) wanted.push_back(key);
    std::sort(wanted.begin(), wanted.end());
    std::vector<std::string> found;
    for (const std::string_view key : words(look.value("peers"))) found.emplace_back(key);
    std::sort(found.begin(), found.end());
    return wanted == found && look.is("loaded") &&
           look.value("address") == address(cluster, self) + "/32";
  }

  const std::shared_ptr<TunnelKeys> keys_;
};

}  // namespace

Result<std::string> TunnelKeys::of(const Site& site, const std::string& machine) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = keys_.find(machine); known != keys_.end()) return known->second;
  }
  std::string key = TRY(ask_for_key(site, machine));
  if (!key.empty()) set(machine, key);
  return key;
}

void TunnelKeys::set(const std::string& machine, std::string key) {
  const std::lock_guard lock(mutex_);
  keys_[machine] = std::move(key);
}

std::unique_ptr<Step> tunnel_key_step(std::shared_ptr<TunnelKeys> keys) {
  return std::make_unique<TunnelKey>(std::move(keys));
}

std::unique_ptr<Step> tunnel_step(std::shared_ptr<TunnelKeys> keys) {
  return std::make_unique<Tunnel>(std::move(keys));
}

}  // namespace bramble::provision
