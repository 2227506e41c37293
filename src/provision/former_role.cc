// SPDX-License-Identifier: Apache-2.0
#include "provision/former_role.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/look.hh"
#include "provision/steps.hh"
#include "provision/tunnel_config.hh"
#include "provision/units.hh"

namespace bramble::provision {
namespace {

struct Service {
  const char* unit;
  const char* file;           // that bramble wrote for it
  std::string_view also{""};  // what else is removed with it
};

// Those that not every machine has, in the order of their end.
constexpr std::array kServices = {
    Service{"bramble-balance", "/etc/systemd/system/bramble-balance.service"},
    Service{"bramble-web", "/etc/systemd/system/bramble-web.service", kSitesFileOnMachines},
    Service{"bramble-mount", "/etc/systemd/system/bramble-mount.service"},
    Service{"wg-quick@bramble", kTunnelConfig},
};

// The files last: so long as there is one, all of it is done again. A service that drains has 45 s.
constexpr std::string_view kEnd = R"sh(
for unit in $units; do systemctl -q disable --now "$unit"; done
rm -f $files
systemctl daemon-reload
)sh";

class FormerRole final : public Step {
 public:
  std::string_view name() const override { return "former role"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }
  bool waits_for_all() const override { return true; }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    std::vector<Change> changes;
    for (const Service& service : TRY(look(site, machine)))
      changes.push_back({fmt::format("end {}: it is of a former role", service.unit)});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    std::vector<std::string> units, files;
    for (const Service& service : TRY(look(site, machine))) {
      units.emplace_back(service.unit);
      if (!service.also.empty()) files.emplace_back(service.also);
      files.emplace_back(service.file);
    }
    TRY(site.host(machine).sh(
        {.text = fmt::format("units={}\nfiles={}\n{}", shell_quote(join(units, " ")),
                             shell_quote(join(files, " ")), kEnd),
         .timeout = std::chrono::minutes(4)}));
    return {};
  }

 private:
  static Result<std::vector<Service>> look(const Site& site, const std::string& machine) {
    const Cluster& cluster = site.cluster();
    const std::vector<std::string> present = services_of(cluster, *cluster.find(machine));
    std::vector<Service> others;
    std::string script;
    for (const Service& service : kServices) {
      if (std::ranges::count(present, service.unit) > 0) continue;
      others.push_back(service);
      script += tell_whether(service.unit,
                             fmt::format("grep -qs '^# Written by .*bramble' {}", service.file));
    }
    if (others.empty()) return others;
    const Look look = TRY(Look::at(site.host(machine), script));
    std::erase_if(others, [&](const Service& service) { return !look.is(service.unit); });
    return others;
  }
};

}  // namespace

std::unique_ptr<Step> former_role_step() { return std::make_unique<FormerRole>(); }

}  // namespace bramble::provision
