// SPDX-License-Identifier: Apache-2.0
#include "provision/volume_mount.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/report.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kUnit = "/etc/systemd/system/bramble-mount.service";

// auto-invalidation, though called the default, must be said: without it the kernel goes on serving
// the pages it has of a file that another node overwrote, for ever (12 of 12 reads; with it 0).
// The first volfile server is the node itself, the others stand in while its glusterd is down.
// Whatever else is mounted there stays mounted.
constexpr std::string_view kUnitText = R"(# Written by bramble.
[Unit]
Description=The volume {0} at {1}
After=network.target glusterd.service
StartLimitIntervalSec=0

[Service]
ExecStartPre=-/bin/sh -c 'findmnt -rn -t fuse.glusterfs --mountpoint {1} && umount --lazy {1}'
ExecStartPre=/bin/mkdir -p {1}
ExecStart=/usr/sbin/glusterfs --no-daemon --process-name fuse --log-level=WARNING --fopen-keep-cache=off --auto-invalidation=on{2} --volfile-id={0} {1}
ExecStopPost=-/bin/sh -c 'findmnt -rn -t fuse.glusterfs --mountpoint {1} && umount --lazy {1}'
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
)";

// findmnt asks the kernel alone; a stat may hang where a peer just died.
constexpr std::string_view kLook = R"sh(
section unit
cat /etc/systemd/system/bramble-mount.service 2>/dev/null || true
section enabled
systemctl is-enabled bramble-mount 2>/dev/null || true
section reload
systemctl show -p NeedDaemonReload --value bramble-mount 2>/dev/null | grep -x yes || true
section command
pid=$(systemctl show -p MainPID --value bramble-mount 2>/dev/null || true)
tr '\0' ' ' 2>/dev/null <"/proc/${pid:-0}/cmdline" || true
echo
section active
systemctl is-active bramble-mount 2>/dev/null || true
section mounted
findmnt -rno FSTYPE --mountpoint "$mount" || true
section source
findmnt -rno SOURCE --mountpoint "$mount" || true
section owner
[ -z "$(findmnt -rno FSTYPE --mountpoint "$mount")" ] ||
  timeout 5 stat -c %U "$mount" 2>/dev/null || true
section content
findmnt -rno SOURCE --mountpoint "$mount" >/dev/null || ls -A "$mount" 2>/dev/null | head -n 5 || true
)sh";

constexpr std::string_view kWaitForMount = R"sh(
for i in $(seq 150); do
  [ "$(findmnt -rno FSTYPE --mountpoint "$mount" || true)" != fuse.glusterfs ] || exit 0
  sleep 0.2
done
echo "$mount was not mounted within 30 s: see journalctl -u bramble-mount" >&2
exit 1
)sh";

struct Work {
  std::string unit;
  bool write = false;
  bool reload = false;  // systemd has an older unit than there is
  bool start = false;
  bool own = false;
};

std::string unit_text(const Cluster& cluster, const std::string& machine) {
  std::string servers = fmt::format(" --volfile-server={}", machine);
  for (const Machine& node : cluster.nodes)
    if (node.name != machine) servers += fmt::format(" --volfile-server={}", node.name);
  return fmt::format(kUnitText, cluster.volume.name, volume_mount(cluster.volume), servers);
}

// Of the process that the unit starts.
std::string command_of(std::string_view unit) {
  constexpr std::string_view kStart = "ExecStart=";
  for (const std::string_view line : lines(unit))
    if (line.starts_with(kStart)) return std::string(line.substr(kStart.size()));
  return "";
}

Result<Work> look_and_decide(const Site& site, const std::string& machine) {
  const Cluster& cluster = site.cluster();
  const std::string mount = volume_mount(cluster.volume);
  const Report look(TRY(
      site.host(machine).sh(fmt::format("mount={}\n{}{}", shell_quote(mount), kSection, kLook))));
  if (!look["content"].empty())
    return failure(fmt::format(
        "{}: {} is not empty (it has {}): the volume shall be mounted there; move these files away",
        machine, mount, comma_list(look["content"])));
  if (!look["mounted"].empty() &&
      (look["mounted"] != "fuse.glusterfs" || !look["source"].ends_with(":" + cluster.volume.name)))
    return failure(fmt::format(
        "{}: {} ({}) is mounted at {}, where the volume {} shall be: mount it elsewhere, "
        "or give the volume another name",
        machine, look["source"], look["mounted"], mount, cluster.volume.name));
  Work work;
  work.unit = unit_text(cluster, machine);
  work.write = look["unit"] + "\n" != work.unit;
  work.reload = work.write || !look["reload"].empty();
  work.start = look["enabled"] != "enabled" || look["active"] != "active" ||
               look["mounted"] != "fuse.glusterfs" ||
               trim(look["command"]) != command_of(work.unit);
  // Who copies files there logs in as this user. Once is enough: it is the volume's own folder.
  work.own = machine == cluster.nodes.front().name && cluster.ssh.user != "root" &&
             (look["mounted"].empty() || look["owner"] == "root");
  return work;
}

class VolumeMountStep final : public Step {
 public:
  std::string_view name() const override { return "mount"; }
  std::vector<std::string> machines(const Cluster& cluster) const override;
  bool waits_for_all() const override { return true; }
  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override;
  Result<void> apply(const Site& site, const std::string& machine) const override;
};

std::vector<std::string> VolumeMountStep::machines(const Cluster& cluster) const {
  return names(cluster.nodes);
}

Result<std::vector<Change>> VolumeMountStep::plan(const Site& site,
                                                  const std::string& machine) const {
  const Work work = TRY(look_and_decide(site, machine));
  const Cluster& cluster = site.cluster();
  std::vector<Change> changes;
  if (work.write || work.start)
    changes.push_back({fmt::format("mount the volume {} at {}, now and at boot (bramble-mount)",
                                   cluster.volume.name, volume_mount(cluster.volume))});
  else if (work.reload)
    changes.push_back({"make systemd read again how the volume is mounted"});
  if (work.own)
    changes.push_back({fmt::format("give the volume's folder to {}", cluster.ssh.user)});
  return changes;
}

Result<void> VolumeMountStep::apply(const Site& site, const std::string& machine) const {
  const Work work = TRY(look_and_decide(site, machine));
  Host& host = site.host(machine);
  std::string script = fmt::format("mount={}\n", shell_quote(volume_mount(site.cluster().volume)));
  if (work.write) TRY(host.put(std::string(kUnit), work.unit));
  if (work.reload) script += "systemctl daemon-reload\n";
  if (work.write || work.start)
    script +=
        fmt::format("systemctl enable --quiet bramble-mount\nsystemctl restart bramble-mount\n{}",
                    kWaitForMount);
  TRY(host.sh(script));
  if (work.own)
    TRY(host.sh(fmt::format("chown {} {}\n", shell_quote(site.cluster().ssh.user),
                            shell_quote(volume_mount(site.cluster().volume)))));
  return {};
}

}  // namespace

std::unique_ptr<Step> volume_mount_step() { return std::make_unique<VolumeMountStep>(); }

}  // namespace bramble::provision
