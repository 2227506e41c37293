// SPDX-License-Identifier: Apache-2.0
#include "provision/packages.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/look.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

// What the last run could not finish of packages that are not ours, as `unfinished` tells it.
constexpr std::string_view kLeft = "/var/lib/bramble/packages-left";

// Packages between unpacking and the end of their configuration, "NAME ok" or "NAME reinstreq", a
// line each. (dpkg --audit tells also of what no run of dpkg will ever change, such as packages of
// others that came without checksums.)
constexpr std::string_view kStates = R"sh(
installed() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^.i '; }
unfinished() {
  dpkg-query -W -f '${db:Status-Status} ${binary:Package} ${db:Status-Eflag}\n' |
    awk '/^(unpacked|half-|triggers-)/ || $3 == "reinstreq" { print $2, $3 }'
}
)sh";

// A kernel without WireGuard's module needs the daemon in user space; an NTP daemon of the owner's
// choice is as good as ours. The probe for the module stays in a namespace of its own.
//
// What is unfinished, but could not be finished within the last day, is no change to plan: it would
// be planned for ever. What GlusterFS consists of is ours, though only a part of it is asked for.
constexpr std::string_view kLook = R"sh(
missing=
for package in $wanted; do installed $package || missing="$missing $package"; done
if [ $tunnel = yes ] && ! installed wireguard-go &&
    ! unshare -n ip link add probe type wireguard 2>/dev/null; then
  missing="$missing wireguard-go"
fi
ntp=no
for package in systemd-timesyncd chrony ntpsec ntp openntpd; do
  if installed $package; then ntp=yes; fi
done
[ $ntp = yes ] || missing="$missing systemd-timesyncd"
echo "missing=$missing"
interrupted=no
half=$(unfinished)
if [ -n "$half" ]; then
  noted=$(find "$left" -mtime -1 -exec cat {} + 2>/dev/null || true)
  case $half in
    "$noted") case $half in *gluster*) interrupted=yes ;; esac ;;
    *) interrupted=yes ;;
  esac
fi
[ -z "$(ls /var/lib/dpkg/updates)" ] || interrupted=yes
echo "interrupted=$interrupted"
echo "unfinished=$(echo "$half" | cut -d ' ' -f 1 | tr '\n' ' ')"
)sh";

// Who else installs just then (unattended-upgrades) is waited for, five minutes in all: by us, as
// apt does so for dpkg's lock alone, at each call anew, and dpkg not at all. A lock is what it
// failed for only where its last word says so: apt tells of one that it waited for, too.
//
// dpkg fails for a package of somebody else as well, such as a kernel's for which /boot has no
// room. So what counts is whether ours are installed at the end; the rest is noted and left.
constexpr std::string_view kApply = R"sh(
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
log=$(mktemp)
trap 'rm -f "$log"' EXIT
waited=0
locked='^(E: Could not get lock|dpkg: error: .* locked by another process)'
patiently() {
  until LC_ALL=C "$@" </dev/null >"$log" 2>&1; do
    held=$(grep -E -m 1 "$locked" "$log") || return 1
    if [ $waited -ge 300 ]; then
      pid=$(echo "$held" | sed -n 's/.* \(process\|pid\) \([0-9][0-9]*\).*/\2/p')
      echo "$held: still so after five minutes. Wait for its" \
        "end${pid:+, or see with ps -fp $pid what it is}, then run \`bramble up\` again" >&2
      exit 1
    fi
    sleep 1
    waited=$((waited + 1))
  done
}
get() { patiently apt-get -q -y -o DPkg::Lock::Timeout=0 "$@"; }
install() { get -o Dpkg::Options::=--force-confold --no-install-recommends install "$@"; }
complete() { for package in $missing; do installed $package || return 1; done; }
fail() {
  grep -E '^(E:|W:|dpkg:)' "$log" >&2 || tail -n 5 "$log" >&2
  half=$(unfinished | cut -d ' ' -f 1 | tr '\n' ' ')
  [ -z "$half" ] || echo "an interrupted installation left these packages half-way: ${half% }." \
    "Run apt-get -f install there, or apt-get install --reinstall ${half% }" >&2
  exit 1
}
# What ended within its unpacking, or lacks what it depends on, dpkg alone does not finish.
repair() {
  install --no-remove -f || { get update && install --no-remove -f; } || :
  half=$(unfinished | sed -n 's/ reinstreq$//p')
  [ -z "$half" ] || install --no-remove --reinstall $half || :
}
if [ $interrupted = yes ]; then
  patiently dpkg --configure -a || [ -n "$(unfinished)" ] || fail
  [ -z "$(unfinished)" ] || repair
fi
if ! complete; then
  fresh=$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 2>/dev/null | head -n 1)
  [ -n "$fresh" ] || get update || fail
  install $missing || complete || { get update || fail; install $missing || complete || fail; }
fi
mkdir -p "${left%/*}"
unfinished >"$left"
)sh";

struct Found {
  std::string missing;     // names with a blank between them
  bool interrupted;        // an earlier installation was, and may be finished
  std::string unfinished;  // whose: names with a blank between them, "" where dpkg has to look
};

class Packages final : public Step {
 public:
  std::string_view name() const override { return "packages"; }
  std::vector<std::string> machines(const Cluster& cluster) const override {
    return names_of_all(cluster);
  }

  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    std::vector<Change> changes;
    if (found.interrupted)
      changes.push_back({"finish an interrupted installation of packages" +
                         (found.unfinished.empty() ? "" : ", if dpkg can: " + found.unfinished)});
    if (!found.missing.empty()) changes.push_back({"install the packages " + found.missing});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    TRY(site.host(machine).sh(
        {.text =
             fmt::format("missing={}\ninterrupted={}\nleft={}\n{}{}", shell_quote(found.missing),
                         found.interrupted ? "yes" : "no", kLeft, kStates, kApply),
         .timeout = std::chrono::minutes(30)}));
    return {};
  }

 private:
  static Result<Found> look(const Site& site, const std::string& machine) {
    const Cluster& cluster = site.cluster();
    const std::vector<std::string> wanted = packages_for(cluster, *cluster.find(machine));
    const Look look = TRY(
        Look::at(site.host(machine),
                 fmt::format("wanted={}\ntunnel={}\nleft={}\n{}{}", shell_quote(join(wanted, " ")),
                             has_tunnel(cluster) ? "yes" : "no", kLeft, kStates, kLook)));
    return Found{.missing = std::string(trim(look.value("missing"))),
                 .interrupted = look.is("interrupted"),
                 .unfinished = std::string(trim(look.value("unfinished")))};
  }
};

}  // namespace

std::vector<std::string> packages_for(const Cluster& cluster, const Machine& machine) {
  std::vector<std::string> all = {"curl",    "iproute2", "libbrotli1", "libcrypt1", "libfmt9",
                                  "libssl3", "libzstd1", "nftables",   "tzdata",    "zlib1g"};
  if (has_tunnel(cluster)) all.emplace_back("wireguard-tools");
  if (stores(machine))
    all.insert(all.end(), {"attr", "fdisk", "glusterfs-client", "glusterfs-server", "libgfapi0",
                           "openssh-client", "procps", "python3", "xfsprogs"});
  return all;
}

std::unique_ptr<Step> packages_step() { return std::make_unique<Packages>(); }

}  // namespace bramble::provision
