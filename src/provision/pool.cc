// SPDX-License-Identifier: Apache-2.0
#include "provision/pool.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "cluster/rules.hh"
#include "provision/gluster.hh"
#include "provision/pool_restore.hh"
#include "provision/report.hh"

namespace bramble::provision {
namespace {

struct VolumeOption {
  std::string_view key;
  std::string_view value;
  std::string_view why;
};

constexpr std::array kOptions = {
    VolumeOption{"features.cache-invalidation", "on", "web servers hear of every change"},
    VolumeOption{"features.cache-invalidation-timeout", "31536000", "and never stop hearing"},
    VolumeOption{"network.inode-lru-limit", "200000", "bricks remember whom to tell"},
    VolumeOption{"performance.stat-prefetch", "off", "stale after a change, as are the next ones"},
    VolumeOption{"performance.quick-read", "off", ""},
    VolumeOption{"performance.open-behind", "off", ""},
    VolumeOption{"performance.read-ahead", "off", "web servers keep their own cache"},
    VolumeOption{"performance.io-cache", "off", ""},
    VolumeOption{"performance.readdir-ahead", "off", ""},
    VolumeOption{"performance.nl-cache", "off", "it says 404 for too long"},
    VolumeOption{"client.tcp-user-timeout", "2", "a peer without power freezes nobody for long"},
    VolumeOption{"network.ping-timeout", "10", "a slow SD card is no reason to part"},
    VolumeOption{"server.tcp-user-timeout", "10", "locks of dead clients are freed"},
    VolumeOption{"cluster.shd-max-threads", "4", "heals faster"},
    VolumeOption{"storage.reserve", "5", "percent: a journal without room loses changes off-site"},
    VolumeOption{"changelog.rollover-time", "5", "off-site lag; 1 breaks geo-replication"},
};

// Also what the peers say: a brick process that died is started again.
constexpr std::string_view kLook = R"sh(
if command -v gluster >/dev/null && gl_answers; then
  section peers
  gluster --mode=script pool list
  section volume
  gl volume info "$volume" 2>/dev/null || true
  section others
  for other in $(gluster --mode=script volume list 2>/dev/null); do
    [ "$other" = "$volume" ] ||
      gluster --mode=script volume info "$other" | sed -n "s|^Brick1: [^/]*|$other |p"
  done
  section status
  gluster --mode=script --xml volume status "$volume" 2>/dev/null || true
elif [ -e "/var/lib/glusterd/vols/$volume/info" ]; then
  section silent  # what there is, is not known then, and nothing may be made of that
  systemctl is-active glusterd || true
fi
)sh";

constexpr std::string_view kWaitForPeers = R"sh(
for i in $(seq 150); do
  joined=$(gluster --mode=script peer status | grep -c 'Peer in Cluster (Connected)' || true)
  [ "$joined" -lt "$peers" ] || exit 0
  sleep 0.2
done
gluster --mode=script peer status >&2
exit 1
)sh";

constexpr std::string_view kWaitForBricks = R"sh(
for i in $(seq 60); do
  if status=$(gluster --mode=script --xml volume status "$volume" 2>/dev/null); then
    online=$(echo "$status" | tr -d '\n' | sed 's/<node>/\n/g' |
      grep -c '<path>/.*<status>1</status>' || true)
    [ "$online" -lt "$bricks" ] || exit 0
  fi
  sleep 0.5
done
echo "not all bricks of $volume came online within 30 s: see gluster volume status $volume" >&2
exit 1
)sh";

struct Work {
  VolumeShape shape;
  bool silent = false;                     // and nothing else: glusterd is yet to be started
  std::optional<Restoration> restoration;  // and nothing else
  std::vector<std::string> probe;
  bool create = false;
  std::vector<VolumeOption> options;
  bool start = false;
  std::vector<std::string> offline;

  bool empty() const {
    return !restoration && probe.empty() && !create && options.empty() && !start && offline.empty();
  }
};

// A volume of another name whose bricks lie where ours would: the file's has been changed, and a
// new one would be served empty in its place.
std::string volume_beside(const VolumeOptions& volume, std::string_view others) {
  const std::string folder = brick_folder(volume);
  const std::string beside = folder.substr(0, folder.rfind('/') + 1);
  for (const std::string_view line : lines(others))
    if (const auto word = words(line); word.size() == 2 && word[1].starts_with(beside))
      return std::string(word[0]);
  return "";
}

// Bricks by the sets that hold the same files: in which order the file names the nodes of one, and
// the sets, changes nothing.
std::set<std::set<std::string>> sets_of(const std::vector<std::string>& bricks,
                                        std::size_t replicas) {
  std::set<std::set<std::string>> sets;
  for (std::size_t at = 0; at < bricks.size(); at += replicas) {
    const std::size_t end = std::min(at + replicas, bricks.size());
    sets.emplace(bricks.begin() + static_cast<std::ptrdiff_t>(at),
                 bricks.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return sets;
}

Result<Work> decide(const Cluster& cluster, const std::string& machine, const Report& look) {
  Work work;
  work.shape = TRY(volume_shape(cluster));
  work.silent = !look["silent"].empty();
  if (look["silent"] == "active") return glusterd_is_silent(machine);
  if (work.silent) return work;
  const std::vector<Peer> peers = parse_pool_list(look["peers"]);
  for (std::size_t i = 1; i < cluster.nodes.size(); ++i) {
    const Machine& node = cluster.nodes[i];
    const bool known = std::any_of(peers.begin(), peers.end(), [&](const Peer& peer) {
      return peer.name == node.name || peer.name == node.address;
    });
    if (!known) work.probe.push_back(node.name);
  }
  const VolumeInfo info = parse_volume_info(look["volume"]);
  work.create = info.name.empty();
  work.start = !info.started;
  if (const std::string other = volume_beside(cluster.volume, look["others"]);
      work.create && !other.empty())
    return failure(fmt::format(
        "the nodes have the volume {0}, but the file asks for {1}, which would be empty: write "
        "name = \"{0}\" under [volume], or delete that volume with gluster(8)",
        other, cluster.volume.name));
  if (!work.create) TRY(check_bricks(cluster, info.bricks));
  for (const VolumeOption& option : kOptions) {
    const auto set = info.options.find(std::string(option.key));
    if (set == info.options.end() || set->second != option.value) work.options.push_back(option);
  }
  if (info.started) work.offline = parse_offline_bricks(look["status"]);
  return work;
}

// A node that has lost its place comes first: what else there is to do is known once it is back.
Result<Work> look_and_decide(const Site& site, const std::string& machine) {
  if (const auto restoration = TRY(find_restoration(site))) {
    Work work;
    work.shape = TRY(volume_shape(site.cluster()));
    work.restoration = *restoration;
    return work;
  }
  Host& host = site.host(machine);
  const std::string text =
      TRY(host.sh(fmt::format("volume={}\n{}{}{}", shell_quote(site.cluster().volume.name),
                              kSection, kGlusterShell, kLook)));
  return decide(site.cluster(), machine, Report(text));
}

Result<void> probe_peers(const Site& site, Host& host, const std::vector<std::string>& names) {
  std::string script(kGlusterShell);
  for (const std::string& name : names)
    script += fmt::format("gl peer probe {}\n", shell_quote(name));
  const std::vector<Machine>& nodes = site.cluster().nodes;
  script += fmt::format("peers={}\n{}", nodes.size() - 1, kWaitForPeers);
  TRY(host.sh({.text = script, .timeout = std::chrono::minutes(5)}));
  // Probed from the second, the first is known to all by its name, too, not by its address alone.
  TRY(site.host(nodes[1].name)
          .sh(fmt::format("{}gl peer probe {}\n", kGlusterShell, shell_quote(nodes[0].name))));
  return {};
}

Result<void> create_volume(const Site& site, Host& host, const VolumeShape& shape) {
  const VolumeOptions& volume = site.cluster().volume;
  for (const Machine& node : site.cluster().nodes)
    TRY(site.host(node.name).sh(
        fmt::format("folder={}\n{}", shell_quote(brick_folder(volume)), kFreshBrickFolder)));
  // On a filesystem of its own GlusterFS finds nothing to object to; in a given folder it might be
  // the root filesystem, which is what the file asks for.
  const std::string_view force = volume.brick.kind == Brick::Kind::kFolder ? " force" : "";
  TRY(host.sh({.text = fmt::format("{}gl volume create {} replica {} {}{}\n", kGlusterShell,
                                   shell_quote(volume.name), shape.replicas,
                                   shell_quote(shape.bricks), force),
               .timeout = std::chrono::minutes(3)}));
  return {};
}

Result<void> set_options(Host& host, const std::string& volume,
                         const std::vector<VolumeOption>& options) {
  std::string script = fmt::format("{}gl volume set {}", kGlusterShell, shell_quote(volume));
  for (const VolumeOption& option : options)
    script += fmt::format(" {} {}", option.key, option.value);
  TRY(host.sh({.text = script + "\n", .timeout = std::chrono::minutes(3)}));
  return {};
}

class PoolStep final : public Step {
 public:
  std::string_view name() const override { return "pool"; }
  std::vector<std::string> machines(const Cluster& cluster) const override;
  bool waits_for_all() const override { return true; }
  Result<std::vector<Change>> plan(const Site& site, const std::string& machine) const override;
  Result<void> apply(const Site& site, const std::string& machine) const override;
};

std::vector<std::string> PoolStep::machines(const Cluster& cluster) const {
  return {cluster.nodes.front().name};
}

Result<std::vector<Change>> PoolStep::plan(const Site& site, const std::string& machine) const {
  const Work work = TRY(look_and_decide(site, machine));
  const std::string& volume = site.cluster().volume.name;
  std::vector<Change> changes;
  if (work.restoration)
    changes.push_back(
        {fmt::format("give {}, which was installed anew, its identity {} and its brick back, and "
                     "fill it from the "
                     "other nodes",
                     work.restoration->node, work.restoration->uuid)});
  for (const std::string& name : work.probe)
    changes.push_back({fmt::format("take {} into the pool", name)});
  if (work.create)
    changes.push_back({fmt::format("create the volume {}, replica {}: {}", volume,
                                   work.shape.replicas, join(work.shape.bricks, " "))});
  if (!work.options.empty()) {
    std::vector<std::string> set;
    for (const VolumeOption& option : work.options)
      set.push_back(fmt::format("{} {}", option.key, option.value));
    changes.push_back({fmt::format("set on {}: {}", volume, join(set, ", "))});
  }
  if (work.start) changes.push_back({fmt::format("start the volume {}", volume)});
  for (const std::string& brick : work.offline)
    changes.push_back({fmt::format("start the brick {} again", brick)});
  return changes;
}

Result<void> PoolStep::apply(const Site& site, const std::string& machine) const {
  Work work = TRY(look_and_decide(site, machine));
  if (work.restoration) {
    TRY(restore(site, *work.restoration));
    work = TRY(look_and_decide(site, machine));
  }
  if (work.silent) return glusterd_is_silent(machine);
  if (work.empty()) return {};
  Host& host = site.host(machine);
  const std::string& volume = site.cluster().volume.name;
  if (!work.probe.empty()) TRY(probe_peers(site, host, work.probe));
  if (work.create) TRY(create_volume(site, host, work.shape));
  if (!work.options.empty()) TRY(set_options(host, volume, work.options));
  std::string script = fmt::format("volume={}\nbricks={}\n{}", shell_quote(volume),
                                   work.shape.bricks.size(), kGlusterShell);
  if (work.start) script += "gl volume start \"$volume\"\n";
  if (!work.offline.empty()) script += "gl volume start \"$volume\" force\n";
  TRY(host.sh({.text = script + std::string(kWaitForBricks), .timeout = std::chrono::minutes(3)}));
  if (work.create)
    for (const Machine& node : site.cluster().nodes)
      TRY(site.host(node.name).sh(std::string(kOpenAnew)));
  return {};
}

}  // namespace

Result<VolumeShape> volume_shape(const Cluster& cluster) {
  const std::size_t count = cluster.nodes.size();
  VolumeShape shape;
  for (const Machine& node : cluster.nodes)
    shape.bricks.push_back(fmt::format("{}:{}", node.name, brick_folder(cluster.volume)));
  if (std::string fault = fault_of_node_count(count); !fault.empty()) return failure(fault);
  shape.replicas = nodes_of_each_set(count);
  return shape;
}

Result<void> check_bricks(const Cluster& cluster, const std::vector<std::string>& bricks) {
  const VolumeShape shape = TRY(volume_shape(cluster));
  if (sets_of(bricks, shape.replicas) == sets_of(shape.bricks, shape.replicas)) return {};
  return failure(fmt::format(
      "the volume {} has the bricks {}, but the file asks for {}: bramble does not move bricks; "
      "change the file, or the volume with gluster(8)",
      cluster.volume.name, join(bricks, " "), join(shape.bricks, " ")));
}

std::unique_ptr<Step> pool_step() { return std::make_unique<PoolStep>(); }

}  // namespace bramble::provision
