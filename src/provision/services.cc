// SPDX-License-Identifier: Apache-2.0
#include "provision/services.hh"

#include <fmt/format.h>

#include "base/fingerprint.hh"
#include "base/text.hh"
#include "cluster/addresses.hh"
#include "cluster/to_toml.hh"
#include "provision/files.hh"
#include "provision/look.hh"
#include "provision/steps.hh"
#include "provision/units.hh"

namespace bramble::provision {
namespace {

// A service's state is one word: "off" at boot, "down" now, "stale" (it runs an older program or
// unit than is on the disk), or "good".
constexpr std::string_view kLook = R"sh(
for unit in $units; do
  state=good
  pid=$(systemctl show -p MainPID --value $unit)
  if [ "$(readlink "/proc/$pid/exe")" != "$program" ]; then state=stale; fi
  if [ "$(systemctl show -p NeedDaemonReload --value $unit)" = yes ]; then state=stale; fi
  systemctl -q is-active $unit || state=down
  systemctl -q is-enabled $unit 2>/dev/null || state=off
  echo "$unit=$state"
done
)sh";

constexpr std::string_view kApply = R"sh(
systemctl daemon-reload
for unit in $units; do
  systemctl -q enable $unit
  systemctl restart $unit || {
    echo "$unit does not start: $(journalctl -q -n 5 -o cat -u $unit | tr '\n' ' ')" >&2
    exit 1
  }
done
)sh";

struct Found {
  std::vector<File> differing;
  std::vector<std::string> to_restart;
};

class Services final : public Step {
 public:
  std::string_view name() const override { return "services"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }
  bool waits_for_all() const override { return true; }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Cluster& cluster = site.cluster();
    if (cluster.sites.size() > 1)
      return failure(fmt::format("{}: {} sites: this version serves one, keep a single [[site]]",
                                 machine, cluster.sites.size()));
    const Found found = TRY(look(site, machine));
    std::vector<Change> changes;
    if (!found.differing.empty()) changes.push_back({"write " + paths(found.differing)});
    if (!found.to_restart.empty())
      changes.push_back({"start " + join(found.to_restart, " and ") + ", also at boot"});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    Host& host = site.host(machine);
    TRY(put_all(host, found.differing));
    TRY(host.sh(
        {.text = fmt::format("units={}\n{}", shell_quote(join(found.to_restart, " ")), kApply),
         .timeout = std::chrono::minutes(5)}));
    return {};
  }

 private:
  // The cluster's file before the units: a unit on the disk says that all it reads is there.
  static std::vector<File> files(const std::vector<Unit>& units, const std::string& toml) {
    std::vector<File> all = {{std::string(kClusterFileOnMachines), toml}};
    for (const Unit& unit : units)
      all.push_back({fmt::format("/etc/systemd/system/{}.service", unit.name), unit.text});
    return all;
  }

  static Result<Found> look(const Site& site, const std::string& machine) {
    const Cluster& cluster = site.cluster();
    const std::string toml = to_toml(cluster);
    const std::vector<Unit> units =
        units_for(cluster, *cluster.find(machine), fmt::format("{:016x}", fingerprint(toml)));
    const std::vector<File> wanted = files(units, toml);
    std::vector<std::string> unit_names;
    for (const Unit& unit : units) unit_names.push_back(unit.name);
    const Look look =
        TRY(Look::at(site.host(machine),
                     fmt::format("units={}\nprogram={}\n{}{}", shell_quote(join(unit_names, " ")),
                                 kProgram, kLook, tell_files(wanted))));
    Found found{.differing = differing(look, wanted)};
    for (const Unit& unit : units)
      if (!found.differing.empty() || look.value(unit.name) != "good")
        found.to_restart.push_back(unit.name);
    return found;
  }
};

}  // namespace

std::unique_ptr<Step> services_step() { return std::make_unique<Services>(); }

}  // namespace bramble::provision
