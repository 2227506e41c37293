// SPDX-License-Identifier: Apache-2.0
#include "provision/time.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "provision/look.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

// Any of Debian's NTP daemons will do. "running" holds too where the kernel gives containers no way
// to set the clock, and systemd therefore skips the daemon.
constexpr std::string_view kLook = R"sh(
link=$(readlink /etc/localtime || :)
echo "zone=${link##*/zoneinfo/}"
echo "zone file=$(cat /etc/timezone 2>/dev/null || :)"
ntp= running=no ours=
for unit in systemd-timesyncd chrony ntpsec ntp openntpd; do
  if [ -z "$ours" ] && systemctl -q cat $unit >/dev/null 2>&1; then ours=$unit; fi
  if systemctl -q is-enabled $unit 2>/dev/null; then
    ntp=$unit
    if systemctl -q is-active $unit || systemd-detect-virt -qc; then running=yes; fi
    break
  fi
done
echo "ntp=$ntp"
echo "running=$running"
echo "ours=${ntp:-$ours}"
)sh";

constexpr std::string_view kSetZone = R"sh(
[ -f "/usr/share/zoneinfo/$zone" ] || { echo "there is no time zone $zone here" >&2; exit 1; }
ln -sfn "/usr/share/zoneinfo/$zone" /etc/localtime.bramble-new
mv -fT /etc/localtime.bramble-new /etc/localtime
printf '%s\n' "$zone" >/etc/timezone
)sh";

struct Found {
  bool zone;
  bool ntp;
  std::string daemon;  // to be turned on: what the machine has of them
  std::string old_zone;
};

class Time final : public Step {
 public:
  std::string_view name() const override { return "time"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    std::vector<Change> changes;
    if (!found.zone)
      changes.push_back({fmt::format("set the time zone {} (it is {})", site.cluster().timezone,
                                     found.old_zone.empty() ? "not set" : found.old_zone)});
    if (!found.ntp) changes.push_back({fmt::format("turn on NTP ({})", found.daemon)});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    Host& host = site.host(machine);
    if (!found.zone)
      TRY(host.sh(fmt::format("zone={}\n{}", shell_quote(site.cluster().timezone), kSetZone)));
    if (!found.ntp)
      TRY(host.sh(fmt::format("systemctl unmask {0}\nsystemctl enable --now {0}", found.daemon)));
    return {};
  }

 private:
  static Result<Found> look(const Site& site, const std::string& machine) {
    const Look look = TRY(Look::at(site.host(machine), std::string(kLook)));
    const std::string& wanted = site.cluster().timezone;
    const std::string& daemon = look.value("ours");  // none: packages install the first
    return Found{.zone = look.value("zone") == wanted && look.value("zone file") == wanted,
                 .ntp = !look.value("ntp").empty() && look.is("running"),
                 .daemon = daemon.empty() ? "systemd-timesyncd" : daemon,
                 .old_zone = look.value("zone")};
  }
};

}  // namespace

std::unique_ptr<Step> time_step() { return std::make_unique<Time>(); }

}  // namespace bramble::provision
