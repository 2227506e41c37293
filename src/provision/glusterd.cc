// SPDX-License-Identifier: Apache-2.0
#include "provision/glusterd.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/gluster.hh"
#include "provision/report.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kVolfile = "/etc/glusterfs/glusterd.vol";
constexpr std::string_view kDropIn = "/etc/systemd/system/glusterd.service.d/bramble.conf";
constexpr std::string_view kWaitForBrick = "/usr/local/lib/bramble/wait-for-brick";
constexpr std::string_view kEndBricks = "/usr/local/lib/bramble/end-bricks";
constexpr std::string_view kEndUnit = "/etc/systemd/system/bramble-bricks.service";

// Debian's 0 never notices a peer without power, and every volume command then fails for minutes.
constexpr std::string_view kPingTimeout = "10";

// KillMode: Debian's kills the bricks with glusterd at each restart. Restart: glusterd gives up
// where the address of its own name is not there yet, as before WireGuard is up. TAR_OPTIONS: for
// geo-replication, whose tar otherwise drops the fractions of a second: then the off-site copy has
// other times, and its web server other ETags. The copy of glusterd.vol tells what the glusterd
// that runs was started with; the file's time would not: a Pi has no clock of its own.
constexpr std::string_view kDropInText = R"(# Written by bramble.
[Unit]
StartLimitIntervalSec=0
After=srv-brick.mount

[Service]
ExecStartPre=-/usr/local/lib/bramble/wait-for-brick
ExecStartPre=-/bin/cp /etc/glusterfs/glusterd.vol /run/bramble-glusterd.vol
KillMode=process
Environment=TAR_OPTIONS=--format=posix
Restart=on-failure
RestartSec=2
)";

// systemd does not know of the mount everywhere (in containers it ignores fstab's device lines), so
// the brick's folder itself is waited for. After a minute glusterd starts without it: this host's
// brick is then down, and its volume is served by the others.
constexpr std::string_view kWaitForBrickText = R"sh(#!/bin/sh
# Written by bramble: runs before glusterd starts.
for i in $(seq 120); do
  [ ! -d {0} ] || exit 0
  mount {1} 2>/dev/null || sleep 0.5
done
echo "the brick's folder {0} is not there: is its disk? (see: findmnt {1})"
exit 1
)sh";

// With glusterd gone, GlusterFS's other processes wait in vain for its leave to end: a machine that
// shuts down would stand still for the 90 s until systemd kills them, and its peers, who see no
// closed connection, for their ping-timeout. So they are ended first, while glusterd and the
// network are there (0.1 s).
constexpr std::string_view kEndUnitText = R"(# Written by bramble.
[Unit]
Description=GlusterFS's bricks, ended in time when the machine shuts down
After=network.target glusterd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/usr/local/lib/bramble/end-bricks

[Install]
WantedBy=multi-user.target
)";

constexpr std::string_view kEndBricksText = R"sh(#!/bin/sh
# Written by bramble: runs when the machine shuts down.
ours='^(/usr/sbin/glusterfsd |/usr/sbin/glusterfs .*(glustershd|--aux-gfid-mount)|.*/syncdaemon/gsyncd.py )'
pkill -f "$ours"
for i in $(seq 50); do
  pgrep -f "$ours" >/dev/null || exit 0
  sleep 0.1
done
pkill -KILL -f "$ours"
exit 0
)sh";

constexpr std::string_view kLook = R"sh(
section volfile
awk 1 /etc/glusterfs/glusterd.vol 2>/dev/null || true
section dropin
cat /etc/systemd/system/glusterd.service.d/bramble.conf 2>/dev/null || true
section wait
cat /usr/local/lib/bramble/wait-for-brick 2>/dev/null || true
section end
cat /etc/systemd/system/bramble-bricks.service /usr/local/lib/bramble/end-bricks 2>/dev/null || true
section ends
systemctl is-enabled bramble-bricks 2>/dev/null || true
systemctl is-active bramble-bricks 2>/dev/null || true
section enabled
systemctl is-enabled glusterd 2>/dev/null || true
section active
systemctl is-active glusterd 2>/dev/null || true
section reload
systemctl show -p NeedDaemonReload --value glusterd bramble-bricks 2>/dev/null | grep -x yes || true
section started-with
cat /run/bramble-glusterd.vol 2>/dev/null || true
section environment
pid=$(systemctl show -p MainPID --value glusterd 2>/dev/null || true)
tr '\0' '\n' 2>/dev/null <"/proc/${pid:-0}/environ" | grep '^TAR_OPTIONS=' || true
)sh";

struct Wanted {
  std::string volfile;
  std::string dropin = std::string(kDropInText);
  std::string wait;
};

struct Work {
  Wanted wanted;
  bool volfile = false;
  bool boot = false;
  bool end = false;
  bool reload = false;
  bool start = false;
  bool restart = false;  // it runs, but with something older
};

Result<Work> look_and_decide(const Site& site, const std::string& machine) {
  const VolumeOptions volume = volume_on(site.cluster(), *site.cluster().find(machine));
  const Report look(TRY(site.host(machine).sh(std::string(kSection) + std::string(kLook))));
  Work work;
  work.wanted.volfile =
      with_glusterd_option(look["volfile"] + "\n", "ping-timeout", std::string(kPingTimeout));
  work.wanted.wait = fmt::format(kWaitForBrickText, shell_quote(brick_folder(volume)),
                                 shell_quote(brick_mount(volume)));
  work.volfile = look["volfile"].empty() || look["volfile"] + "\n" != work.wanted.volfile;
  work.boot =
      look["dropin"] + "\n" != work.wanted.dropin || look["wait"] + "\n" != work.wanted.wait;
  work.end = look["end"] + "\n" != std::string(kEndUnitText) + std::string(kEndBricksText) ||
             look["ends"] != "enabled\nactive";
  work.reload = work.boot || work.end || !look["reload"].empty();
  work.start = look["enabled"] != "enabled" || look["active"] != "active";
  work.restart =
      look["active"] == "active" && (look["started-with"] + "\n" != work.wanted.volfile ||
                                     look["environment"] != "TAR_OPTIONS=--format=posix");
  return work;
}

class GlusterdStep final : public Step {
 public:
  std::string_view name() const override { return "gluster"; }
  std::vector<std::string> machines(const Cluster& cluster) const override;
  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override;
  Result<void> apply(const Site& site, const std::string& machine) const override;
};

std::vector<std::string> GlusterdStep::machines(const Cluster& cluster) const {
  return names_of_storing(cluster);
}

Result<std::vector<Change>> GlusterdStep::plan(const Site& site, const std::string& machine) const {
  const Work work = TRY(look_and_decide(site, machine));
  std::vector<Change> changes;
  if (work.volfile)
    changes.push_back({fmt::format("set ping-timeout {} in {}", kPingTimeout, kVolfile)});
  if (work.boot) changes.push_back({"make glusterd wait for the brick's mount at boot"});
  if (work.end) changes.push_back({"end the brick in time when the machine shuts down"});
  if (work.start) changes.push_back({"enable and start glusterd"});
  if (changes.empty() && work.restart)
    changes.push_back({"start glusterd again: it runs with older settings than there are"});
  if (changes.empty() && work.reload)
    changes.push_back({"make systemd read again how glusterd is started and ended"});
  return changes;
}

Result<void> GlusterdStep::apply(const Site& site, const std::string& machine) const {
  const Work work = TRY(look_and_decide(site, machine));
  Host& host = site.host(machine);
  if (work.boot) {
    TRY(host.put(std::string(kWaitForBrick), work.wanted.wait, 0755));
    TRY(host.put(std::string(kDropIn), work.wanted.dropin));
  }
  if (work.end) {
    TRY(host.put(std::string(kEndBricks), std::string(kEndBricksText), 0755));
    TRY(host.put(std::string(kEndUnit), std::string(kEndUnitText)));
  }
  if (work.volfile) {
    if (work.wanted.volfile.find("end-volume") == std::string::npos)
      return failure(
          fmt::format("{}: {} is missing: is glusterfs-server installed?", machine, kVolfile));
    TRY(host.put(std::string(kVolfile), work.wanted.volfile));
  }
  std::string script(kGlusterShell);
  if (work.reload) script += "systemctl daemon-reload\n";
  if (work.volfile || work.restart) script += "systemctl stop glusterd\n";
  script += "systemctl enable --quiet glusterd\nsystemctl start glusterd\ngl_ready\n";
  script += "systemctl enable --quiet --now bramble-bricks\n";
  TRY(host.sh({.text = script, .timeout = std::chrono::minutes(3)}));
  return {};
}

}  // namespace

std::unique_ptr<Step> glusterd_step() { return std::make_unique<GlusterdStep>(); }

}  // namespace bramble::provision
