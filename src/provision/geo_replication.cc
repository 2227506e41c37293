// SPDX-License-Identifier: Apache-2.0
#include "provision/geo_replication.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/geo_proof.hh"
#include "provision/geo_session.hh"
#include "provision/gluster.hh"
#include "provision/offsite_volume.hh"
#include "provision/report.hh"

namespace bramble::provision {
namespace {

// Off-site: the id of the volume whose copy there is.
constexpr std::string_view kHomeNote = "/var/lib/bramble/georep-home";

constexpr std::string_view kNodeLook = R"sh(
section gsyncd
cat "$folder/secret.pem.pub" 2>/dev/null || true
section tar
cat "$folder/tar_ssh.pem.pub" 2>/dev/null || true
section known
cat "$known" 2>/dev/null || true
section config
cat "$config" 2>/dev/null || true
section monitor
if pid=$(cat "$pidfile" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
  echo running
fi
)sh";

constexpr std::string_view kOffsiteLook = R"sh(
section gsyncd
ls /usr/lib/*/glusterfs/gsyncd /usr/libexec/glusterfs/gsyncd 2>/dev/null | head -n 1 || true
section port
sshd -T 2>/dev/null | awk '$1 == "port" { print $2; exit }' || true
section hostkeys
cat /etc/ssh/ssh_host_*_key.pub 2>/dev/null || true
section home
cat "$home" 2>/dev/null || true
section content
ls -A "$brick" 2>/dev/null | grep -v -e '^\.glusterfs' -e '^\.bramble$' -e '^\.trashcan$' |
  head -n 3 || true
section authorized
! id "$user" >/dev/null 2>&1 ||
  runuser -u "$user" -- timeout 5 cat "/home/$user/.ssh/authorized_keys" 2>/dev/null || true
)sh";

constexpr std::string_view kMakeKeys = R"sh(
umask 077
mkdir -p "$folder"
for key in secret.pem tar_ssh.pem; do
  if [ ! -s "$folder/$key.pub" ]; then
    rm -f "$folder/$key"
    ssh-keygen -q -t ed25519 -N '' -C "geo-replication of $(hostname)" -f "$folder/$key"
  fi
done
)sh";

// As the user, never as root: whoever has a node's key may have left links there that lead
// elsewhere.
constexpr std::string_view kAuthorize = R"sh(
cd /
runuser -u "$user" -- env home="/home/$user" sh -euc '
umask 077
cd "$home"
mkdir -p .ssh
timeout 60 cat > .ssh/authorized_keys.new
mv -f .ssh/authorized_keys.new .ssh/authorized_keys
'
)sh";

// A session that was begun and not finished is there already: force takes it up again.
constexpr std::string_view kCreate = R"sh(
gl volume geo-replication "$volume" "$target" create no-verify ||
  gl volume geo-replication "$volume" "$target" create no-verify force
)sh";

// gsyncd.conf has one section, [vars].
constexpr std::string_view kEditConfig = R"sh(
set_one() {
  { grep -v "^$1 *=" "$config" || true; echo "$1 = $2"; } > "$config.new"
  chmod --reference="$config" "$config.new"
  mv "$config.new" "$config"
}
[ -s "$config" ] || echo "[vars]" > "$config"
)sh";

struct Looks {
  std::vector<Report> nodes;  // in the file's order
  Report offsite{""};
};

struct Work {
  std::vector<bool> keys;         // of each node: to be made
  std::vector<bool> known_hosts;  // of each node: to be written
  std::string known_hosts_text;
  std::string authorized;  // ""; nothing to write
  bool create = false;     // on a node that does not know of the session
  bool known = false;      // the session, on another
  std::vector<GeoSetting> settings;
  std::vector<std::string> asleep;    // nodes without a monitor
  std::vector<std::string> outdated;  // nodes with one for a volume that is no more
  std::string session;
  bool prove = false;  // that files arrive
  std::string home;    // the home volume's id; "": there is none yet
  bool note = false;   // off-site, whose copy there is
  std::string others;  // files off-site that are no copy of the home volume; "": there are none

  bool empty() const {
    const auto any = [](const std::vector<bool>& v) {
      return std::find(v.begin(), v.end(), true) != v.end();
    };
    return !any(keys) && !any(known_hosts) && authorized.empty() && !create && settings.empty() &&
           asleep.empty() && outdated.empty() && !prove && !note && others.empty();
  }
};

Result<Looks> look(const Site& site) {
  const Cluster& cluster = site.cluster();
  Looks looks;
  const std::string script =
      fmt::format("folder={}\nknown={}\nconfig={}\npidfile={}\nvolume={}\ntarget={}\n{}{}{}",
                  kGeoFolder, kGeoKnownHosts, shell_quote(geo_config_file(cluster)),
                  shell_quote(geo_pid_file(cluster)), shell_quote(cluster.volume.name),
                  shell_quote(geo_target(cluster)), kSection, kNodeLook, kGeoProofNodeLook);
  for (const Machine& node : cluster.nodes)
    looks.nodes.emplace_back(TRY(site.host(node.name).sh(script)));
  looks.offsite = Report(
      TRY(site.host(cluster.offsite->name)
              .sh(fmt::format("user={}\nhome={}\nvolume={}\nbrick={}\n{}{}{}", kGeoUser, kHomeNote,
                              shell_quote(offsite_volume(cluster.volume)),
                              shell_quote(brick_folder(volume_on(cluster, *cluster.offsite))),
                              kSection, kOffsiteLook, kGeoProofOffsiteLook))));
  return looks;
}

Work decide(const Cluster& cluster, const Looks& looks) {
  Work work;
  std::string port = looks.offsite["port"];
  if (port.empty()) port = "22";
  work.known_hosts_text = known_hosts(cluster.offsite->name, port, looks.offsite["hostkeys"]);
  AuthorizedKeys keys{.nodes = {},
                      .gsyncd_path = looks.offsite["gsyncd"],
                      .from = std::string(kTunnelNetwork),
                      .brick_mount = brick_mount(volume_on(cluster, *cluster.offsite))};
  const std::vector<GeoSetting> wanted = geo_settings(port);
  for (const Report& node : looks.nodes)  // one that was installed anew does not know it yet
    if (work.home.empty()) work.home = node["volume"];
  bool begun = false;  // with this home volume
  for (std::size_t i = 0; i < cluster.nodes.size(); ++i) {
    const Report& node = looks.nodes[i];
    work.keys.push_back(node["gsyncd"].empty() || node["tar"].empty());
    work.known_hosts.push_back(node["known"] + "\n" != work.known_hosts_text);
    keys.nodes.push_back({.gsyncd = node["gsyncd"], .tar = node["tar"]});
    const auto missing = geo_settings_missing(wanted, node["config"]);
    if (missing.size() > work.settings.size()) work.settings = missing;
    (node["config"].empty() ? work.create : work.known) = true;
    begun = begun || is_of_home(node["config"], work.home);
    if (node["monitor"] != "running")
      work.asleep.push_back(cluster.nodes[i].name);
    else if (is_of_other_volumes(node["config"], node["volume"], looks.offsite["volume"]))
      work.outdated.push_back(cluster.nodes[i].name);
  }
  const std::string authorized = authorized_keys(keys);
  if (looks.offsite["authorized"] + "\n" != authorized) work.authorized = authorized;
  const bool noted = looks.offsite["home"] == work.home;
  work.note = !work.home.empty() && !noted;
  if (!begun && (work.home.empty() || !noted)) work.others = looks.offsite["content"];
  work.session = geo_session_id(cluster, looks.nodes.front(), looks.offsite);
  work.prove = !geo_is_proven(work.session, looks.nodes.front(), looks.offsite);
  return work;
}

// gsyncd takes whatever has the name of a new file, and is another one by its gfid, for a mistake,
// and removes it: a home volume that was made anew would in the end take its own copy along.
Error not_its_copy(const Cluster& cluster, const Work& work) {
  const std::string& offsite = cluster.offsite->name;
  const std::string volume = offsite_volume(cluster.volume);
  return Error{
      .what = fmt::format(
          "{0} has files ({1}) that are no copy of this volume {2}: perhaps the only one of a "
          "volume "
          "that is lost. If you need them, copy them from {3} there to {4} here. Then, on {0}, run "
          "gluster volume stop {5}, and gluster volume delete {5}, move {3} away, and run `bramble "
          "up` again. Nothing of it was changed",
          offsite, comma_list(work.others), cluster.volume.name,
          brick_folder(volume_on(cluster, *cluster.offsite)), volume_mount(cluster.volume),
          volume)};
}

Result<Work> look_and_decide(const Site& site) {
  const Looks looks = TRY(look(site));
  return decide(site.cluster(), looks);
}

Result<void> make_keys(const Site& site, const Work& work) {
  const std::vector<Machine>& nodes = site.cluster().nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (work.keys[i])
      TRY(site.host(nodes[i].name).sh(fmt::format("folder={}\n{}", kGeoFolder, kMakeKeys)));
  return {};
}

Result<void> introduce(const Site& site, const Work& work) {
  const std::vector<Machine>& nodes = site.cluster().nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (work.known_hosts[i])
      TRY(site.host(nodes[i].name).put(std::string(kGeoKnownHosts), work.known_hosts_text));
  if (!work.authorized.empty())
    TRY(site.host(site.cluster().offsite->name)
            .sh({.text = fmt::format("user={}\n{}", kGeoUser, kAuthorize),
                 .input = work.authorized}));
  return {};
}

std::string session_variables(const Cluster& cluster) {
  return fmt::format("volume={}\ntarget={}\n{}", shell_quote(cluster.volume.name),
                     shell_quote(geo_target(cluster)), kGlusterShell);
}

// What `gluster … config` does, without its 4 s a setting. Only while the session is stopped.
Result<void> write_settings(const Site& site, const Work& work) {
  const Cluster& cluster = site.cluster();
  std::string script =
      fmt::format("config={}\n{}", shell_quote(geo_config_file(cluster)), kEditConfig);
  for (const GeoSetting& setting : work.settings)
    script += fmt::format("set_one {} {}\n", setting.key, shell_quote(setting.value));
  for (const Machine& node : cluster.nodes) TRY(site.host(node.name).sh(script));
  return {};
}

// Settings restart the workers, and a live crawl may hang over that: so stop, set, start. A node
// that was installed anew knows of no session, and so cannot stop it: that it says so is no fault.
Result<void> run_session(const Site& site, Host& host, const Work& work) {
  const std::string session = "gl volume geo-replication \"$volume\" \"$target\" ";
  const std::string set = session_variables(site.cluster());
  const auto run = [&](const std::string& script) {
    return host.sh({.text = set + script, .timeout = std::chrono::minutes(5)});
  };
  if (work.known && (work.create || !work.settings.empty() || !work.outdated.empty()))
    TRY(run(session + "stop force >/dev/null 2>&1 || true\n"));
  if (work.create) TRY(run(std::string(kCreate)));
  if (!work.settings.empty()) TRY(write_settings(site, work));
  if (work.create || !work.settings.empty() || !work.asleep.empty() || !work.outdated.empty())
    TRY(run(session + "start force\n"));
  return {};
}

class GeoReplicationStep final : public Step {
 public:
  std::string_view name() const override { return "georep"; }
  std::vector<std::string> machines(const Cluster& cluster) const override;
  bool waits_for_all() const override { return true; }
  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override;
  Result<void> apply(const Site& site, const std::string& machine) const override;
};

std::vector<std::string> GeoReplicationStep::machines(const Cluster& cluster) const {
  if (!cluster.offsite) return {};
  return {cluster.nodes.front().name};
}

Result<std::vector<Change>> GeoReplicationStep::plan(const Site& site,
                                                     const std::string& machine) const {
  (void)machine;
  const Cluster& cluster = site.cluster();
  const Work work = TRY(look_and_decide(site));
  const std::string& offsite = cluster.offsite->name;
  if (!work.others.empty() && !work.home.empty()) return not_its_copy(cluster, work);
  std::vector<Change> changes;
  if (!work.others.empty()) {
    changes.push_back({fmt::format("leave {}, which has other files ({}), as it is", offsite,
                                   comma_list(work.others))});
    return changes;
  }
  if (work.note && work.known)
    changes.push_back(
        {fmt::format("note on {} that it has the copy of {}", offsite, cluster.volume.name)});
  for (std::size_t i = 0; i < cluster.nodes.size(); ++i)
    if (work.keys[i])
      changes.push_back(
          {fmt::format("make keys for geo-replication on {}", cluster.nodes[i].name)});
  if (std::find(work.known_hosts.begin(), work.known_hosts.end(), true) != work.known_hosts.end())
    changes.push_back({fmt::format("tell the nodes the host keys of {}", offsite)});
  if (!work.authorized.empty())
    changes.push_back(
        {fmt::format("let the nodes' keys run gsyncd and tar as {} on {}", kGeoUser, offsite)});
  if (work.create)
    changes.push_back(
        {fmt::format("replicate {} to {}", cluster.volume.name, geo_target(cluster))});
  for (const GeoSetting& setting : work.settings)
    changes.push_back({fmt::format("set {} {}", setting.key, setting.value)});
  if (!work.asleep.empty())
    changes.push_back({fmt::format("start geo-replication on {}", join(work.asleep, ", "))});
  if (!work.outdated.empty())
    changes.push_back(
        {fmt::format("start geo-replication anew, from the beginning: {} has another "
                     "volume than it was begun with",
                     offsite)});
  if (work.prove) changes.push_back({fmt::format("prove that files arrive on {}", offsite)});
  return changes;
}

Result<void> GeoReplicationStep::apply(const Site& site, const std::string& machine) const {
  Host& host = site.host(machine);
  Work work = TRY(look_and_decide(site));
  if (work.empty()) return {};
  if (!work.others.empty()) return not_its_copy(site.cluster(), work);
  TRY(forget_geo_proof(host));
  TRY(make_keys(site, work));
  work = TRY(look_and_decide(site));
  TRY(introduce(site, work));
  if (work.note)
    TRY(site.host(site.cluster().offsite->name).put(std::string(kHomeNote), work.home + "\n"));
  TRY(run_session(site, host, work));
  return prove_geo_replication(site, host, work.session);
}

}  // namespace

std::unique_ptr<Step> geo_replication_step() { return std::make_unique<GeoReplicationStep>(); }

}  // namespace bramble::provision
