// SPDX-License-Identifier: Apache-2.0
#include "provision/firewall.hh"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "base/text.hh"
#include "provision/files.hh"
#include "provision/firewall_rules.hh"
#include "provision/look.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

constexpr const char* kRules = "/etc/bramble/firewall.nft";
constexpr const char* kUnit = "/etc/systemd/system/bramble-firewall.service";

// Debian's nftables.service flushes every table when it starts: ours is loaded after it at boot,
// and again where it is restarted or reloaded. Of its start alone, by hand, PartOf= knows nothing:
// for that its own unit has a line of ours.
constexpr const char* kUnitText = R"ini([Unit]
Description=Firewall rules of the bramble cluster
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
After=nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f /etc/bramble/firewall.nft
ExecReload=/usr/sbin/nft -f /etc/bramble/firewall.nft

[Install]
WantedBy=sysinit.target
)ini";

constexpr const char* kDropIn = "/etc/systemd/system/nftables.service.d/bramble.conf";
constexpr const char* kDropInText = R"ini(# Written by `bramble up`; changes are lost.
[Service]
ExecStartPost=-/usr/sbin/nft -f /etc/bramble/firewall.nft
)ini";

// "lan": the network to which the machine's own address belongs. "ssh": where sshd listens, by its
// own word, as its configuration may be of many files; where any other does; and the port by which
// this script came: inetd's, say.
constexpr std::string_view kLook = R"sh(
echo "lan=$(ip -4 route show scope link | awk -v me="$address" \
  '{ for (i = 2; i < NF; ++i) if ($i == "src" && $(i + 1) == me && $1 ~ "/") { print $1; exit } }')"
echo "ssh=$({
  sshd -T 2>/dev/null |
    awk '$1 == "port" || $1 == "listenaddress" { sub(/.*:/, "", $2); print $2 }'
  ss -Hltnp 2>/dev/null | awk '/"(sshd|dropbear)"/ { sub(/.*:/, "", $4); print $4 }'
  echo "${SSH_CONNECTION:-}" | awk '{ print $4 }'
} | sort -nu | tr '\n' ' ')"
echo "mark=$(nft -t list table inet bramble 2>/dev/null |
  sed -n 's/.*chain \(text_[0-9a-f]*\).*/\1/p')"
if systemctl -q is-enabled bramble-firewall 2>/dev/null &&
  systemctl -q is-active bramble-firewall; then echo unit=yes; else echo unit=no; fi
if systemctl show -p NeedDaemonReload --value bramble-firewall nftables 2>/dev/null | grep -qx yes
then echo reload=yes; else echo reload=no; fi
)sh";

constexpr std::string_view kApply = R"sh(
nft -c -f /etc/bramble/firewall.nft
systemctl daemon-reload
systemctl -q enable bramble-firewall
systemctl restart bramble-firewall
)sh";

class Firewall final : public Step {
 public:
  std::string_view name() const override { return "firewall"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    std::vector<Change> changes;
    if (!found.differing.empty()) changes.push_back({"write " + paths(found.differing)});
    if (!found.loaded)
      changes.push_back({fmt::format("load the nftables table inet {}: {}", kFirewallTable,
                                     purpose(site, machine))});
    if (changes.empty() && found.reload)
      changes.push_back({"make systemd read again how nftables is started"});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    Host& host = site.host(machine);
    TRY(put_all(host, found.differing));
    TRY(host.sh(std::string(kApply)));
    return {};
  }

 private:
  struct Found {
    std::vector<File> differing;
    bool loaded;
    bool reload;  // the files are there, but systemd has not read them
  };

  static std::string purpose(const Site& site, const std::string& machine) {
    switch (site.cluster().find(machine)->role) {
      case Role::kNode:
        return "GlusterFS from the LAN only, nothing but visits out of the tunnel";
      case Role::kOffsite:
        return "GlusterFS and the web server out of the tunnel only";
      case Role::kBalancer:
        return "GlusterFS and the balancer's admin out of the tunnel only";
    }
    return "";
  }

  static std::vector<std::uint64_t> ssh_ports(const Look& look) {
    std::vector<std::uint64_t> ports;
    for (const std::string_view word : words(look.value("ssh")))
      if (const std::optional<std::uint64_t> port = parse_number(word)) ports.push_back(*port);
    return ports;
  }

  static Result<Found> look(const Site& site, const std::string& machine) {
    const Cluster& cluster = site.cluster();
    const Machine& self = *cluster.find(machine);
    const Look look =
        TRY(Look::at(site.host(machine), fmt::format("address={}\n", shell_quote(self.address)) +
                                             std::string(kLook) + tell_file(kRules) +
                                             tell_file(kUnit) + tell_file(kDropIn)));
    const std::string rules =
        firewall_rules(cluster, self, {.lan = look.value("lan"), .ssh_ports = ssh_ports(look)});
    return Found{
        .differing = differing(look, {{kRules, rules}, {kUnit, kUnitText}, {kDropIn, kDropInText}}),
        .loaded = look.is("unit") && look.value("mark") == firewall_mark(rules),
        .reload = look.is("reload")};
  }
};

}  // namespace

std::unique_ptr<Step> firewall_step() { return std::make_unique<Firewall>(); }

}  // namespace bramble::provision
