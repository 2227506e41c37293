// SPDX-License-Identifier: Apache-2.0
#include "provision/geo_proof.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/gluster.hh"

namespace bramble::provision {

// gluster's status takes seconds: it is asked only while it matters.
const std::string_view kGeoProofNodeLook = R"sh(
section volume
sed -n 's/^volume-id=//p' "/var/lib/glusterd/vols/$volume/info" 2>/dev/null || true
section proof
cat /var/lib/bramble/georep-proven 2>/dev/null || true
section status
! grep -qx state=copying /var/lib/bramble/georep-proven 2>/dev/null ||
  timeout 30 gluster --mode=script volume geo-replication "$volume" "$target" status 2>/dev/null || true
)sh";

const std::string_view kGeoProofOffsiteLook = R"sh(
section volume
sed -n 's/^volume-id=//p' "/var/lib/glusterd/vols/$volume/info" 2>/dev/null || true
section probe
cat "$brick/.bramble/georep-probe" 2>/dev/null || true
)sh";

namespace {

constexpr std::string_view kWriteProbe = R"sh(
findmnt -rn -t fuse.glusterfs --mountpoint "$mount" >/dev/null || {
  echo "the volume is not mounted at $mount: see systemctl status bramble-mount there" >&2
  exit 1
}
mkdir -p "$mount/.bramble"
echo "$token" > "$mount/.bramble/georep-probe.new"
mv "$mount/.bramble/georep-probe.new" "$mount/.bramble/georep-probe"
)sh";

constexpr std::string_view kAwaitProbe = R"sh(
for i in $(seq 240); do
  [ "$(cat "$brick/.bramble/georep-probe" 2>/dev/null)" != "$token" ] || exit 0
  sleep 0.25
done
exit 1
)sh";

constexpr std::string_view kLastWords = R"sh(
gluster --mode=script volume geo-replication "$volume" "$target" status || true
tail -n 3 "$log" 2>/dev/null || true
)sh";

bool is_first_copy(std::string_view status) {
  return status.find("Hybrid Crawl") != std::string_view::npos ||
         status.find("History Crawl") != std::string_view::npos;
}

}  // namespace

std::string geo_session_id(const Cluster& cluster, const Report& node, const Report& offsite) {
  return fmt::format("{} {} {} {}", cluster.volume.name, node["volume"], geo_target(cluster),
                     offsite["volume"]);
}

bool geo_is_proven(const std::string& session, const Report& node, const Report& offsite) {
  const std::string& proof = node["proof"];
  if (value_of(proof, "session") != session) return false;
  if (value_of(proof, "state") == "arrived") return true;
  const std::string token = value_of(proof, "token");
  return (!token.empty() && token == offsite["probe"]) || is_first_copy(node["status"]);
}

Result<void> forget_geo_proof(Host& node) {
  TRY(node.sh(fmt::format("rm -f {}\n", kGeoProof)));
  return {};
}

Result<void> prove_geo_replication(const Site& site, Host& node, const std::string& session) {
  const Cluster& cluster = site.cluster();
  const std::string answer = TRY(node.sh("cat /proc/sys/kernel/random/uuid"));
  const std::string token(trim(answer));
  const auto note = [&](std::string_view state) {
    return node.put(std::string(kGeoProof),
                    fmt::format("session={}\ntoken={}\nstate={}\n", session, token, state));
  };
  TRY(node.sh(fmt::format("token={}\nmount={}\n{}", shell_quote(token),
                          shell_quote(volume_mount(cluster.volume)), kWriteProbe)));
  const Outcome arrived = TRY(
      site.host(cluster.offsite->name)
          .run({.text = fmt::format("set +e\ntoken={}\nbrick={}\n{}", shell_quote(token),
                                    shell_quote(brick_folder(volume_on(cluster, *cluster.offsite))),
                                    kAwaitProbe),
                .timeout = std::chrono::seconds(90)}));
  if (arrived.ok()) return note("arrived");
  const std::string words = TRY(node.sh(fmt::format(
      "volume={}\ntarget={}\nlog=/var/log/glusterfs/geo-replication/{}_{}_{}/"
      "gsyncd.log\n{}",
      shell_quote(cluster.volume.name), shell_quote(geo_target(cluster)), cluster.volume.name,
      cluster.offsite->name, offsite_volume(cluster.volume), kLastWords)));
  if (is_first_copy(words)) return note("copying");
  return failure(fmt::format("{}: a file written to {} did not arrive at {} within a minute: {}",
                             node.name(), volume_mount(cluster.volume), cluster.offsite->name,
                             trim(words)));
}

}  // namespace bramble::provision
