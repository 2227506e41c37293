// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/look.hh"
#include "provision/steps.hh"
#include "provision/tunnel.hh"
#include "provision/tunnel_config.hh"

namespace bramble::provision {
namespace {

// With a keepalive every few seconds, hands are shaken anew every 2 minutes (WireGuard's
// REKEY_AFTER_TIME). "silent": the tunnel addresses of peers that did not lately.
constexpr std::string_view kSilent = R"sh(
silent() {
  wg show bramble latest-handshakes | while read -r key at; do
    if [ $(($(date +%s) - at)) -gt 200 ]; then
      wg show bramble allowed-ips | awk -v key="$key" '$1 == key { sub("/32", "", $2); print $2 }'
    fi
  done
}
)sh";

constexpr std::string_view kLook = R"sh(
if ip link show bramble >/dev/null 2>&1; then echo "silent=$(silent | tr '\n' ' ')"; fi
)sh";

constexpr std::string_view kWait = R"sh(
for i in $(seq 100); do
  [ -n "$(silent)" ] || exit 0
  sleep 0.2
done
)sh";

class TunnelAnswers final : public Step {
 public:
  std::string_view name() const override { return "tunnel answers"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return has_tunnel(cluster) ? names(cluster.nodes) : std::vector<std::string>{};
  }
  bool waits_for_all() const override { return true; }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const std::vector<std::string> silent = TRY(look(site, machine));
    if (silent.empty()) return std::vector<Change>{};
    return std::vector<Change>{{"wait for an answer of " + join(silent, " and ")}};
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    TRY(site.host(machine).sh(std::string(kSilent) + std::string(kWait)));
    const std::vector<std::string> silent = TRY(look(site, machine));
    if (silent.empty()) return {};
    return failure(fmt::format(
        "{}: no answer of {} through the tunnel: is UDP port {} open there, in a firewall of the "
        "provider too?",
        machine, join(silent, " and "), kTunnelPort));
  }

 private:
  // "front (198.51.100.9)"; empty also before there is a tunnel.
  static Result<std::vector<std::string>> look(const Site& site, const std::string& machine) {
    const Look look = TRY(Look::at(site.host(machine), std::string(kSilent) + std::string(kLook)));
    std::vector<std::string> silent;
    for (const std::string_view address : words(look.value("silent")))
      for (const Machine& other : site.cluster().machines())
        if (tunnel_address(site.cluster(), other.name) == address)
          silent.push_back(fmt::format("{} ({})", other.name, other.address));
    return silent;
  }
};

}  // namespace

std::unique_ptr<Step> tunnel_answers_step() { return std::make_unique<TunnelAnswers>(); }

}  // namespace bramble::provision
