// SPDX-License-Identifier: Apache-2.0
#include "provision/packages.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/look.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

// Packages between unpacking and the end of their configuration, "NAME ok" or "NAME reinstreq", a
// line each. (dpkg --audit tells also of what no run of dpkg will ever change, such as packages of
// others that came without checksums.)
constexpr std::string_view kUnfinished = R"sh(
unfinished() {
  dpkg-query -W -f '${db:Status-Status} ${binary:Package} ${db:Status-Eflag}\n' |
    awk '/^(unpacked|half-|triggers-)/ || $3 == "reinstreq" { print $2, $3 }'
}
)sh";

// Who else installs just then (unattended-upgrades) is waited for, five minutes at the most: apt
// does so itself for dpkg's lock, but not for that of its lists; dpkg does not at all.
//
// A kernel without WireGuard's module needs the daemon in user space; an NTP daemon of the owner's
// choice is as good as ours. The probe for the module stays in a namespace of its own.
constexpr std::string_view kLook = R"sh(
installed() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^.i '; }
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
[ -z "$(unfinished; ls /var/lib/dpkg/updates)" ] || interrupted=yes
echo "interrupted=$interrupted"
)sh";

constexpr std::string_view kApply = R"sh(
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
log=$(mktemp)
patiently() {
  tries=0
  until LC_ALL=C "$@" </dev/null >"$log" 2>&1; do
    tries=$((tries + 1))
    { grep -qE 'Could not get lock|locked by another process' "$log" && [ $tries -lt 300 ]; } ||
      return 1
    sleep 1
  done
}
get() { patiently apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"; }
trap 'rm -f "$log"' EXIT
install() { get -o Dpkg::Options::=--force-confold --no-install-recommends install "$@"; }
fail() { grep -E '^(E:|W:|dpkg:)' "$log" >&2 || tail -n 5 "$log" >&2; exit 1; }
configure() { patiently dpkg --configure -a; }
# What ended within its unpacking, or lacks what it depends on, dpkg alone does not finish.
repair() {
  install --no-remove -f || { get update || fail; install --no-remove -f || :; }
  half=$(unfinished | sed -n 's/ reinstreq$//p')
  [ -z "$half" ] || install --no-remove --reinstall $half || :
  left=$(unfinished | cut -d ' ' -f 1 | tr '\n' ' ')
  [ -n "$left" ] || return 0
  grep -E '^(E:|dpkg:)' "$log" >&2 || :
  echo "packages that an interrupted installation left half-way, and apt does not finish: ${left% }." \
    "Run apt-get -f install there, or apt-get install --reinstall ${left% }" >&2
  exit 1
}
if [ $interrupted = yes ]; then
  configured=yes
  configure || configured=no
  if [ -n "$(unfinished)" ]; then
    repair
  elif [ $configured = no ]; then
    fail
  fi
fi
[ -n "$missing" ] || exit 0
fresh=$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 2>/dev/null | head -n 1)
[ -n "$fresh" ] || get update || fail
install $missing || { get update || fail; install $missing || fail; }
)sh";

struct Found {
  std::string missing;  // names with a blank between them
  bool interrupted;     // an earlier installation was
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
    if (found.interrupted) changes.push_back({"finish an interrupted installation of packages"});
    if (!found.missing.empty()) changes.push_back({"install the packages " + found.missing});
    return changes;
  }

  Result<void> apply(const Site& site, const std::string& machine) const override {
    const Found found = TRY(look(site, machine));
    TRY(site.host(machine).sh(
        {.text = fmt::format("missing={}\ninterrupted={}\n{}{}", shell_quote(found.missing),
                             found.interrupted ? "yes" : "no", kUnfinished, kApply),
         .timeout = std::chrono::minutes(30)}));
    return {};
  }

 private:
  static Result<Found> look(const Site& site, const std::string& machine) {
    const Cluster& cluster = site.cluster();
    const std::vector<std::string> wanted = packages_for(cluster, *cluster.find(machine));
    const Look look =
        TRY(Look::at(site.host(machine),
                     fmt::format("wanted={}\ntunnel={}\n{}{}", shell_quote(join(wanted, " ")),
                                 has_tunnel(cluster) ? "yes" : "no", kUnfinished, kLook)));
    return Found{.missing = std::string(trim(look.value("missing"))),
                 .interrupted = look.is("interrupted")};
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
