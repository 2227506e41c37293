// SPDX-License-Identifier: Apache-2.0
#include "provision/offsite_volume.hh"

#include <fmt/format.h>

#include <array>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/gluster.hh"
#include "provision/report.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kVolfile = "/etc/glusterfs/glusterd.vol";
constexpr std::string_view kMountRoot = "/var/mountbroker-root";

struct VolumeOption {
  std::string_view key;
  std::string_view value;
};

constexpr std::array kOptions = {
    VolumeOption{"features.read-only", "on"},
    VolumeOption{"performance.flush-behind", "off"},  // else a closed file may not be written yet
    VolumeOption{"performance.stat-prefetch", "off"},
    VolumeOption{"performance.quick-read", "off"},
    VolumeOption{"performance.open-behind", "off"},
    VolumeOption{"performance.read-ahead", "off"},
    VolumeOption{"performance.io-cache", "off"},
    VolumeOption{"performance.readdir-ahead", "off"},
    VolumeOption{"performance.nl-cache", "off"},
    VolumeOption{"network.inode-lru-limit", "200000"},
};

constexpr std::string_view kLook = R"sh(
section account
id -nG "$user" 2>/dev/null || true
section rights
stat -c '%G %a %n' /var/lib/glusterd/geo-replication /var/mountbroker-root 2>/dev/null || true
section volfile
awk 1 /etc/glusterfs/glusterd.vol 2>/dev/null || true
if command -v gluster >/dev/null && gl_answers; then
  section volume
  gl volume info "$volume" 2>/dev/null || true
  section status
  gluster --mode=script --xml volume status "$volume" 2>/dev/null || true
elif [ -e "/var/lib/glusterd/vols/$volume/info" ]; then
  section silent  # what there is, is not known then, and nothing may be made of that
  systemctl is-active glusterd || true
fi
)sh";

// What `gluster-mountbroker setup` does. A key logs in, never a password: '*' matches none.
constexpr std::string_view kAccount = R"sh(
getent group "$group" >/dev/null || groupadd --system "$group"
id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
usermod --append --groups "$group" --password '*' "$user"
logs=/var/log/glusterfs/geo-replication-secondaries
state=/var/lib/glusterd/geo-replication
mkdir -p "$root" "$logs" "$state"
chmod 711 "$root"
touch /var/log/glusterfs/cli.log
chgrp -R "$group" "$logs" "$state" /var/log/glusterfs/cli.log
chmod 770 "$state"
find "$logs" -type d -exec chmod 770 {} +
find "$logs" -type f -exec chmod 660 {} +
chmod 660 /var/log/glusterfs/cli.log
)sh";

constexpr std::string_view kWaitForBrick = R"sh(
for i in $(seq 60); do
  if gluster --mode=script --xml volume status "$volume" 2>/dev/null | tr -d '\n' |
    grep -q '<path>/.*<status>1</status>'; then exit 0; fi
  sleep 0.5
done
echo "the brick of $volume did not come online within 30 s: see /var/log/glusterfs/bricks" >&2
exit 1
)sh";

struct Work {
  std::string volfile;
  bool account = false;
  bool restart = false;
  bool create = false;
  bool start = false;
  bool revive = false;
  bool silent = false;  // glusterd is yet to be started: what else there is to do is not known
  std::vector<VolumeOption> options;

  bool empty() const {
    return !account && !restart && !create && !start && !revive && options.empty();
  }
};

std::string brick_of(const Cluster& cluster) {
  return fmt::format("{}:{}", cluster.offsite->name,
                     brick_folder(volume_on(cluster, *cluster.offsite)));
}

bool account_is_well(const Report& look) {
  bool member = false;
  for (const std::string_view group : words(look["account"])) member |= group == kGeoGroup;
  return member &&
         look["rights"] == fmt::format("{} 770 /var/lib/glusterd/geo-replication\nroot 711 {}",
                                       kGeoGroup, kMountRoot);
}

Result<Work> decide(const Cluster& cluster, const Report& look) {
  Work work;
  const std::string volume = offsite_volume(cluster.volume);
  work.account = !account_is_well(look);
  work.volfile = look["volfile"] + "\n";
  work.volfile = with_glusterd_option(work.volfile, "mountbroker-root", std::string(kMountRoot));
  work.volfile =
      with_glusterd_option(work.volfile, "geo-replication-log-group", std::string(kGeoGroup));
  work.volfile = with_glusterd_option(
      work.volfile, fmt::format("mountbroker-geo-replication.{}", kGeoUser), volume);
  work.restart = look["volfile"].empty() || work.volfile != look["volfile"] + "\n";
  work.silent = !look["silent"].empty();
  if (look["silent"] == "active") return glusterd_is_silent(cluster.offsite->name);
  if (work.silent) return work;
  const VolumeInfo info = parse_volume_info(look["volume"]);
  work.create = info.name.empty();
  work.start = !info.started;
  if (!work.create && info.bricks != std::vector{brick_of(cluster)})
    return failure(
        fmt::format("{}: the volume {} has the bricks {}, not {}: change it with "
                    "gluster(8)",
                    cluster.offsite->name, volume, join(info.bricks, " "), brick_of(cluster)));
  for (const VolumeOption& option : kOptions) {
    const auto set = info.options.find(std::string(option.key));
    if (set == info.options.end() || set->second != option.value) work.options.push_back(option);
  }
  work.revive = info.started && !parse_offline_bricks(look["status"]).empty();
  return work;
}

Result<Work> look_and_decide(const Site& site, const std::string& machine) {
  const std::string text = TRY(site.host(machine).sh(fmt::format(
      "user={}\nvolume={}\n{}{}{}", kGeoUser, shell_quote(offsite_volume(site.cluster().volume)),
      kSection, kGlusterShell, kLook)));
  return decide(site.cluster(), Report(text));
}

class OffsiteVolumeStep final : public Step {
 public:
  std::string_view name() const override { return "offsite"; }
  std::vector<std::string> machines(const Cluster& cluster) const override;
  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override;
  Result<void> apply(const Site& site, const std::string& machine) const override;
};

std::vector<std::string> OffsiteVolumeStep::machines(const Cluster& cluster) const {
  if (!cluster.offsite) return {};
  return {cluster.offsite->name};
}

Result<std::vector<Change>> OffsiteVolumeStep::plan(const Site& site,
                                                    const std::string& machine) const {
  const Work work = TRY(look_and_decide(site, machine));
  const std::string volume = offsite_volume(site.cluster().volume);
  std::vector<Change> changes;
  if (work.account)
    changes.push_back(
        {fmt::format("make the user {} for geo-replication, without password", kGeoUser)});
  if (work.restart)
    changes.push_back(
        {fmt::format("let glusterd mount {} for {} (mountbroker)", volume, kGeoUser)});
  if (work.create)
    changes.push_back({fmt::format("create the volume {}: {}", volume, brick_of(site.cluster()))});
  if (!work.options.empty()) {
    std::vector<std::string> set;
    for (const VolumeOption& option : work.options)
      set.push_back(fmt::format("{} {}", option.key, option.value));
    changes.push_back({fmt::format("set on {}: {}", volume, join(set, ", "))});
  }
  if (work.start) changes.push_back({fmt::format("start the volume {}", volume)});
  if (work.revive)
    changes.push_back({fmt::format("start the brick {} again", brick_of(site.cluster()))});
  return changes;
}

Result<void> OffsiteVolumeStep::apply(const Site& site, const std::string& machine) const {
  const Work work = TRY(look_and_decide(site, machine));
  if (work.silent) return glusterd_is_silent(machine);
  if (work.empty()) return {};
  Host& host = site.host(machine);
  const std::string volume = shell_quote(offsite_volume(site.cluster().volume));
  if (work.account)
    TRY(host.sh(
        fmt::format("user={}\ngroup={}\nroot={}\n{}", kGeoUser, kGeoGroup, kMountRoot, kAccount)));
  std::string script = fmt::format("volume={}\n{}", volume, kGlusterShell);
  if (work.restart) {
    TRY(host.put(std::string(kVolfile), work.volfile));
    script += "systemctl restart glusterd\ngl_ready\n";
  }
  const VolumeOptions here = volume_on(site.cluster(), *site.cluster().offsite);
  const bool folder = here.brick.kind == Brick::Kind::kFolder;
  const std::string_view force = folder ? " force" : "";
  if (work.create)
    script +=
        fmt::format("folder={}\n{}gl volume create {} {}{}\n", shell_quote(brick_folder(here)),
                    kFreshBrickFolder, volume, shell_quote(brick_of(site.cluster())), force);
  if (!work.options.empty()) {
    script += "gl volume set \"$volume\"";
    for (const VolumeOption& option : work.options)
      script += fmt::format(" {} {}", option.key, option.value);
    script += "\n";
  }
  if (work.start) script += "gl volume start \"$volume\"\n";
  if (work.create) script += kOpenAnew;
  if (work.revive) script += "gl volume start \"$volume\" force\n";
  TRY(host.sh({.text = script + std::string(kWaitForBrick), .timeout = std::chrono::minutes(3)}));
  return {};
}

}  // namespace

std::unique_ptr<Step> offsite_volume_step() { return std::make_unique<OffsiteVolumeStep>(); }

}  // namespace bramble::provision
