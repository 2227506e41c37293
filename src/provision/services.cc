// SPDX-License-Identifier: Apache-2.0
#include "provision/services.hh"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/interrupt.hh"
#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/files.hh"
#include "provision/look.hh"
#include "provision/steps.hh"
#include "provision/units.hh"

namespace bramble::provision {
namespace {

// A service's state is one word: "off" at boot, "down" now, "stale" (its unit is not the one on the
// disk), "older" (its program is not), or "good". NAME.read is the digest of what its process has
// read: systemd forgets at anybody's daemon-reload that a restart is due, a process does not.
//
// Web servers that visitors are served from are restarted one machine after the other: so long as
// one of them does not answer, no other is. Of the balancer's view see kAnswers.
//
// Services are restarted, save the balancer: where its unit says the same as before, it reads its
// file anew, or hands over to the new program, and no request fails by it. Its unit, with the new
// digest, is written behind that: so long as it refuses the file, each run asks it again, and none
// restarts it into that file. Nor does anybody else: the file that it goes on with is put back.
// Interrupted before systemd learns of the unit, it is "stale". What it has read since it was
// started stands in a note of root's, with systemd's name for that start.
constexpr std::string_view kLook = R"sh(
for unit in $units; do
  state=good
  pid=$(systemctl show -p MainPID --value $unit)
  if [ "$(readlink "/proc/$pid/exe")" != "$program" ]; then state=older; fi
  if [ "$(systemctl show -p NeedDaemonReload --value $unit)" = yes ]; then state=stale; fi
  systemctl -q is-active $unit || state=down
  systemctl -q is-enabled $unit 2>/dev/null || state=off
  echo "$unit=$state"
  start=$(systemctl show -p InvocationID --value $unit)
  noted=$(sed -n "s/^$start //p" "/run/$unit.read" 2>/dev/null || :)
  echo "$unit.read=${noted:-$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" |
    sed -n "s/^$variable=//p")}"
  if systemctl -q is-active $unit; then echo "$unit.runs=yes"; fi
done
)sh";

constexpr std::string_view kNote = R"sh(
systemctl daemon-reload
echo "$(systemctl show -p InvocationID --value $unit) $read" >/run/$unit.read
)sh";

constexpr std::string_view kApply = R"sh(
systemctl daemon-reload
failed=
for unit in $units; do
  systemctl -q enable $unit && systemctl restart $unit || failed="$failed $unit"
done
for unit in $failed; do
  echo "$unit does not start: $(journalctl -q -n 5 -o cat -u $unit | tr '\n' ' ')" >&2
done
[ -z "$failed" ] || exit 1
)sh";

// For 4 s on end: the balancer asks each second, and takes one in again that answered twice.
constexpr std::string_view kAnswers = R"sh(
answers=0
for i in $(seq 120); do
  answers=$((answers + 1))
  curl -sf -m 2 -o /dev/null "$health" || answers=0
  if [ $answers = 8 ]; then exit 0; fi
  sleep 0.5
done
echo "the web server does not answer: $(curl -s -m 2 "$health" | head -c 300)" >&2
exit 1
)sh";

std::string path_of(std::string_view unit) {
  return fmt::format("/etc/systemd/system/{}.service", unit);
}

constexpr std::string_view kBalancer = "bramble-balance";
constexpr std::string_view kWeb = "bramble-web";

struct Found {
  std::vector<File> differing;
  std::vector<File> before;  // what the balancer's file was, where it differs
  std::vector<std::string> to_restart;
  bool serves = false;  // a web server among them, which runs
  std::string order;    // to the balancer that runs: "reload", "upgrade", or none
  std::string read;     // what it has read then
};

// All but comments and the digest.
std::string form_of(std::string_view unit) {
  std::string form;
  for (const std::string_view line : lines(unit))
    if (!line.starts_with('#') && line.find(kReadVariable) == std::string_view::npos)
      form.append(line).push_back('\n');
  return form;
}

// How the balancer takes up what has changed while it runs. Empty: it cannot.
std::string order_for(const Unit& unit, const Look& look) {
  const std::string& state = look.value(unit.name);
  const std::optional<std::string> before = look.file(path_of(unit.name));
  if (unit.name != kBalancer || !before || form_of(*before) != form_of(unit.text)) return "";
  if (state == "older") return "upgrade";
  return state == "good" ? "reload" : "";
}

class Services final : public Step {
 public:
  std::string_view name() const override { return "services"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }
  bool waits_for_all() const override { return true; }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    std::vector<Change> changes;
    if (!found.differing.empty()) changes.push_back({"write " + paths(found.differing)});
    if (!found.order.empty())
      changes.push_back({fmt::format("{} {} while it runs", found.order, kBalancer)});
    if (!found.to_restart.empty())
      changes.push_back({"start " + join(found.to_restart, " and ") + ", also at boot"});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    Host& host = site.host(machine);
    if (found.order.empty())
      TRY(put_all(host, found.differing));
    else
      TRY(put_and_order(host, found));
    if (found.to_restart.empty()) return {};
    return found.serves ? restart_in_turn(host, found) : restart(host, found);
  }

 private:
  static Result<void> put_and_order(Host& host, const Found& found) {
    std::vector<File> before = found.differing;
    const auto unit = std::ranges::stable_partition(
        before, [](const File& file) { return file.path != path_of(kBalancer); });
    const std::vector<File> behind(unit.begin(), unit.end());
    before.erase(unit.begin(), unit.end());
    TRY(put_all(host, before));
    const Result<std::string> taken =
        host.sh({.text = fmt::format("{} balance --{}\n", kProgram, found.order),
                 .timeout = std::chrono::minutes(2)});
    if (!taken.ok()) {
      (void)put_all(host, found.before);  // what failed first is told
      return taken.error();
    }
    TRY(put_all(host, behind));
    TRY(host.sh(fmt::format("unit={}\nread={}\n{}", kBalancer, found.read, kNote)));
    return {};
  }

  static Result<void> restart(Host& host, const Found& found) {
    std::string script =
        fmt::format("units={}\n{}", shell_quote(join(found.to_restart, " ")), kApply);
    if (found.serves)
      script += fmt::format("health=http://127.0.0.1:{}{}\n{}", kWebPort, kHealthPath, kAnswers);
    TRY(host.sh({.text = script, .timeout = std::chrono::minutes(5)}));
    return {};
  }

  Result<void> restart_in_turn(Host& host, const Found& found) const {
    const std::lock_guard turn(turn_);
    if (!silent_.empty())
      return failure(fmt::format("{}: its web server goes on as it was: that of {} does not answer",
                                 host.name(), silent_));
    if (interrupted()) return failure(host.name() + ": interrupted before it was its turn");
    Result<void> done = restart(host, found);
    if (!done.ok()) silent_ = host.name();
    return done;
  }

  // The files that units read before the units: a unit on the disk says that all it reads is there.
  static std::vector<File> files(const Cluster& cluster, const Machine& machine,
                                 const std::vector<Unit>& units) {
    std::vector<File> all = {{std::string(kClusterFileOnMachines), cluster_file(cluster)}};
    if (machine.role != Role::kBalancer)
      all.push_back({std::string(kSitesFileOnMachines), sites_file(cluster), 0600});
    for (const Unit& unit : units) all.push_back({path_of(unit.name), unit.text});
    return all;
  }

  static Result<Found> look(const Site& site, const std::string& machine) {
    const Cluster& cluster = site.cluster();
    const Machine& of = *cluster.find(machine);
    const std::vector<Unit> units = units_for(cluster, of);
    const std::vector<File> wanted = files(cluster, of, units);
    std::vector<std::string> unit_names;
    for (const Unit& unit : units) unit_names.push_back(unit.name);
    const Look look =
        TRY(Look::at(site.host(machine), fmt::format("units={}\nprogram={}\nvariable={}\n{}{}",
                                                     shell_quote(join(unit_names, " ")), kProgram,
                                                     kReadVariable, kLook, tell_files(wanted))));
    Found found{.differing = differing(look, wanted)};
    const auto differs = [&found](std::string_view path) {
      return std::ranges::find(found.differing, path, &File::path) != found.differing.end();
    };
    if (const auto before = look.file(std::string(kClusterFileOnMachines));
        before && differs(kClusterFileOnMachines))
      found.before = {{std::string(kClusterFileOnMachines), *before}};
    for (const Unit& unit : units) {
      const bool there = !differs(path_of(unit.name)) && !differs(unit.file);
      const bool has_read = look.value(unit.name + ".read") == unit.read;
      if (there && has_read && look.value(unit.name) == "good") continue;
      const std::string order = order_for(unit, look);
      if (order.empty()) {
        found.to_restart.push_back(unit.name);
      } else {
        found.order = order;
        found.read = unit.read;
      }
      found.serves = found.serves || (unit.name == kWeb && look.is(unit.name + ".runs"));
    }
    return found;
  }

  mutable std::mutex turn_;     // held while a web server is restarted; guards what follows
  mutable std::string silent_;  // the machine whose web server did not come back
};

}  // namespace

std::unique_ptr<Step> services_step() { return std::make_unique<Services>(); }

}  // namespace bramble::provision
