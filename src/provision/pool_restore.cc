// SPDX-License-Identifier: Apache-2.0
#include "provision/pool_restore.hh"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/brick_decision.hh"
#include "provision/gluster.hh"
#include "provision/pool.hh"
#include "provision/pool_fill.hh"
#include "provision/report.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kNodeLook = R"sh(
section bare
command -v gluster >/dev/null || echo yes
if command -v gluster >/dev/null && gl_answers; then
  section peers
  gluster --mode=script pool list
  section volumes
  gluster --mode=script volume list 2>/dev/null | grep -v '^No volumes' || true
  section volume
  gluster --mode=script volume info "$volume" 2>/dev/null || true
  section absent
  if grep -qx phase=formatted "$journal" 2>/dev/null && ! grep -qx kind=folder "$journal" &&
    ! findmnt -rno SOURCE --mountpoint "$place" >/dev/null; then echo yes; fi
  section mark
  getfattr -n trusted.glusterfs.volume-id "$folder" >/dev/null 2>&1 && echo yes || true
  section content
  ls -A "$folder" 2>/dev/null | grep -vx .glusterfs | head -n 5 || true
  section begun
  [ ! -e "$mark" ] || grep -qx content "$mark" || echo yes
fi
)sh";

constexpr std::string_view kWitnessLook = R"sh(
section volume
gluster --mode=script volume info "$volume"
section folder
stat -c '%u:%g %a' "$folder"
)sh";

// That the root folder of the lost brick misses something, as GlusterFS notes it: where the others'
// accuse each other, it would take one that nobody accuses for whole, and remove from them what it
// lacks. In the data's place a folder has the mark of a full heal: a granular one, by the names in
// indices/entry-changes, finds none there, and never ends (seen with 10.3). In the index a name is
// enough: what GlusterFS links its names to is not there where nothing was written meanwhile. Not
// by way of the volume, whose root cannot be read then.
constexpr std::string_view kAccuse = R"sh(
attribute=trusted.afr.$volume-client-$number
others=$(getfattr --absolute-names -e hex -n "$attribute" "$folder" 2>/dev/null |
  sed -n 's/.*=0x.\{8\}//p')  # metadata, entries
case $others in
  '') others=0000000000000001 ;;
  *00000000) others=${others%0}1 ;;
esac
setfattr -n "$attribute" -v "0x00000001$others" "$folder"
: >>"$folder/.glusterfs/indices/xattrop/00000000-0000-0000-0000-000000000001"
)sh";

constexpr std::string_view kRestore = R"sh(
mkdir -p "$(dirname "$mark")"
echo names >"$mark"
systemctl stop glusterd
sed -i "s/^UUID=.*/UUID=$uuid/" /var/lib/glusterd/glusterd.info
mkdir -p /var/lib/glusterd/peers
rm -f /var/lib/glusterd/peers/*
count=0
for peer in $peers; do
  printf 'uuid=%s\nstate=3\nhostname1=%s\n' "${peer%%=*}" "${peer#*=}" \
    >"/var/lib/glusterd/peers/${peer%%=*}"
  count=$((count + 1))
done
sync
systemctl start glusterd
gl_ready
for i in $(seq 120); do
  joined=$(gluster --mode=script peer status | grep -c 'Peer in Cluster (Connected)' || true)
  [ "$joined" -lt $count ] || ! gluster --mode=script volume info "$volume" >/dev/null 2>&1 || break
  [ $i != 120 ] || { gluster --mode=script peer status >&2; exit 1; }
  sleep 0.5
done
mkdir -p -m 700 "$folder/.glusterfs/indices"
chown "$owner" "$folder"
chmod "$mode" "$folder"
setfattr -n trusted.glusterfs.volume-id -v "0x$id" "$folder"
gl volume start "$volume" force
)sh";

// On the others that lack something: who knows that may be lost before they are healed.
constexpr std::string_view kMarkLacking = R"sh(
mkdir -p "$(dirname "$mark")"
[ -e "$mark" ] || echo content >"$mark"
sync
)sh";

struct Node {
  std::string uuid;  // its own; "": it has no glusterd that answers
  std::vector<Peer> peers;
  VolumeInfo volume;
  Report look{""};
};
using Nodes = std::map<std::string, Node>;

Result<Nodes> look_at_all(const Site& site) {
  const VolumeOptions& volume = site.cluster().volume;
  const std::string script = fmt::format(
      "volume={}\nfolder={}\nplace={}\njournal={}\nmark={}\n{}{}{}", shell_quote(volume.name),
      shell_quote(brick_folder(volume)), shell_quote(brick_mount(volume)), kBrickJournal,
      kBrickToFill, kSection, kGlusterShell, kNodeLook);
  Nodes nodes;
  for (const Machine& machine : site.cluster().nodes) {
    Node node{.look = Report(TRY(site.host(machine.name).sh(script)))};
    for (Peer& peer : parse_pool_list(node.look["peers"]))
      if (peer.name == "localhost")
        node.uuid = peer.uuid;
      else
        node.peers.push_back(std::move(peer));
    node.volume = parse_volume_info(node.look["volume"]);
    nodes.emplace(machine.name, std::move(node));
  }
  return nodes;
}

// As a node that knows of a brick of the volume on that one knows it.
std::optional<Restoration> known_as(const Machine& machine, const Nodes& nodes,
                                    const std::string& folder) {
  const std::string brick = machine.name + ":" + folder;
  for (const auto& [witness, node] : nodes) {
    const std::vector<std::string>& bricks = node.volume.bricks;
    if (witness == machine.name) continue;
    if (std::find(bricks.begin(), bricks.end(), brick) == bricks.end()) continue;
    Restoration known{.node = machine.name,
                      .uuid = "",
                      .witness = witness,
                      .peers = {{.uuid = node.uuid, .name = witness}},
                      .source = {}};
    for (const Peer& peer : node.peers)
      if (peer.name == machine.name || peer.name == machine.address)
        known.uuid = peer.uuid;
      else
        known.peers.push_back(peer);
    if (!known.uuid.empty()) return known;
  }
  return std::nullopt;
}

// What speaks against taking it, or its brick alone, for a fresh one.
Result<void> check_fresh(const Restoration& known, const Node& node, const std::string& folder) {
  const bool stranger = node.uuid != known.uuid;
  const std::string seen =
      stranger && !node.peers.empty() ? "has peers of its own"
      : stranger && !node.look["volumes"].empty()
          ? fmt::format("has volumes of its own ({})", comma_list(node.look["volumes"]))
      : node.look["mark"].empty() && !node.look["content"].empty()
          ? fmt::format("has files in {} ({})", folder, comma_list(node.look["content"]))
          : "";
  if (seen.empty()) return {};
  return failure(fmt::format(
      "{} is in GlusterFS's pool as {}, says {}, but its glusterd is {} and {}: it is not a node "
      "that was installed anew. Give it its place with gluster(8), or move away what it has there",
      known.node, known.uuid, known.witness, node.uuid, seen));
}

}  // namespace

Result<std::optional<Restoration>> find_restoration(const Site& site) {
  const std::string folder = brick_folder(site.cluster().volume);
  const Nodes nodes = TRY(look_at_all(site));
  std::vector<Restoration> found;
  for (const Machine& machine : site.cluster().nodes) {
    const Node& node = nodes.at(machine.name);
    const std::optional<Restoration> known = known_as(machine, nodes, folder);
    const bool bare = !node.look["bare"].empty();  // its packages are yet to be installed
    if (!known || (node.uuid.empty() && !bare)) continue;
    const bool begun = !node.look["begun"].empty();
    const bool absent = !node.look["absent"].empty();  // a brick that the step "brick" mounts
    const bool lost = bare || node.uuid != known->uuid || node.peers.empty() ||
                      (node.look["mark"].empty() && !absent);
    if (lost && !bare && !begun) TRY(check_fresh(*known, node, folder));
    if (lost || begun) found.push_back(*known);
  }
  if (found.empty()) return std::optional<Restoration>();
  if (found.size() > 1)
    return failure(fmt::format(
        "{} and {} have both lost their place in GlusterFS's pool: bramble takes in one at a time, "
        "which is filled from the others. Give one of them its place with gluster(8) first",
        found[0].node, found[1].node));
  const std::vector<std::string>& bricks = nodes.at(found.front().witness).volume.bricks;
  TRY(check_bricks(site.cluster(), bricks));
  found.front().source = TRY(find_source(site, found.front().node, bricks));
  return std::optional(found.front());
}

Result<void> restore(const Site& site, const Restoration& restoration) {
  const VolumeOptions& volume = site.cluster().volume;
  const std::string variables =
      fmt::format("volume={}\nfolder={}\nmark={}\n", shell_quote(volume.name),
                  shell_quote(brick_folder(volume)), kBrickToFill);
  const Report witness(TRY(site.host(restoration.witness)
                               .sh(variables + std::string(kSection) + std::string(kWitnessLook))));
  std::string id = parse_volume_info(witness["volume"]).id;
  std::erase(id, '-');
  const std::vector<std::string_view> rights = words(witness["folder"]);
  if (id.empty() || rights.size() != 2)
    return failure(
        fmt::format("{} does not tell of the volume {}", restoration.witness, volume.name));
  std::vector<std::string> peers;
  for (const Peer& peer : restoration.peers) peers.push_back(peer.uuid + "=" + peer.name);
  for (const std::string& other : restoration.source.others)
    TRY(site.host(other).sh(
        fmt::format("{}number={}\n{}", variables, restoration.source.number, kAccuse)));
  Host& host = site.host(restoration.node);
  TRY(host.sh({.text = fmt::format("{}uuid={}\npeers={}\nid={}\nowner={}\nmode={}\n{}{}", variables,
                                   restoration.uuid, shell_quote(join(peers, " ")), id, rights[0],
                                   rights[1], kGlusterShell, kRestore),
               .timeout = std::chrono::minutes(5)}));
  TRY(fill_brick(site, restoration.node, restoration.source.node));
  for (const std::string& other : restoration.source.lacking)
    TRY(site.host(other).sh(variables + std::string(kMarkLacking)));
  TRY(host.sh(variables + "echo content >\"$mark\"\nsync\n"));  // the last: now it is done
  return {};
}

}  // namespace bramble::provision
