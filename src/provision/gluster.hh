// SPDX-License-Identifier: Apache-2.0
// The gluster command line: what it prints, as values, and how it is called. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace bramble::provision {

struct VolumeInfo {
  std::string name;  // "" where there is no such volume
  std::string id;
  bool started = false;
  std::vector<std::string> bricks;             // "cluster01:/srv/brick/web", in order
  std::map<std::string, std::string> options;  // those that were set
};

// Of `gluster volume info NAME`, whatever it printed.
VolumeInfo parse_volume_info(std::string_view text);

struct Peer {
  std::string uuid;
  std::string name;  // "localhost": the host that was asked
  bool connected = false;
};

// Of `gluster pool list`.
std::vector<Peer> parse_pool_list(std::string_view text);

// Of a machine whose glusterd knows the volume, and says nothing.
Error glusterd_is_silent(const std::string& machine);

// Bricks that `gluster --xml volume status NAME` calls offline.
std::vector<std::string> parse_offline_bricks(std::string_view xml);

// glusterd.vol with that option: replaced where it was, else added before end-volume.
std::string with_glusterd_option(const std::string& volfile, const std::string& key,
                                 const std::string& value);

// Shell: `gl ARGUMENTS…` runs gluster and waits, 40 s at the most, while another transaction holds
// the lock or a peer is not yet there. `gl_ready` waits until glusterd answers.
inline constexpr std::string_view kGlusterShell = R"sh(
gl() {
  tries=0
  while :; do
    if words=$(gluster --mode=script "$@" 2>&1); then echo "$words"; return 0; fi
    case $words in
      *"nother transaction"*|*"ocking failed"*|*"try again"*|*"Connection failed"*) ;;
      *) break ;;
    esac
    tries=$((tries + 1))
    [ $tries -lt 40 ] || break
    sleep 1
  done
  echo "gluster $*: $words" >&2
  return 1
}
# One that is just starting is waited for; gluster itself waits two minutes for one that hangs.
gl_answers() {
  for i in $(seq 50); do
    status=0
    timeout 10 gluster --mode=script pool list >/dev/null 2>&1 || status=$?
    [ $status != 0 ] || return 0
    [ $status != 124 ] && systemctl is-active --quiet glusterd || return 1
    sleep 0.2
  done
  return 1
}
gl_ready() {
  for i in $(seq 150); do
    if timeout 10 gluster --mode=script pool list >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  echo "glusterd does not answer: see journalctl -u glusterd and /var/log/glusterfs/glusterd.log" >&2
  return 1
}
)sh";

// Shell: after a volume was created. Who has one open that had its name before finds no brick of it
// any more, and would look for ever.
inline constexpr std::string_view kOpenAnew =
    "systemctl try-restart bramble-mount bramble-web bramble-vitals 2>/dev/null || true\n";

// Shell: before a volume is created, where $folder is its brick. A create that was interrupted, or
// refused by one of several hosts, has marked the brick's folder as a volume's, and no later one
// would take it: it is made anew. rmdir takes no folder that holds anything, so a brick of a volume
// that GlusterFS has forgotten stays as it is.
inline constexpr std::string_view kFreshBrickFolder = R"sh(
if getfattr -n trusted.glusterfs.volume-id "$folder" >/dev/null 2>&1; then
  if [ "$(ls -A "$folder")" = .glusterfs ]; then rmdir "$folder/.glusterfs" || true; fi
  rmdir "$folder" 2>/dev/null || {
    echo "$folder belongs to a volume that GlusterFS here does not know, and holds files" \
      "($(ls -A "$folder" | head -n 3 | paste -sd ' ')): move that folder away to begin anew" >&2
    exit 1
  }
  mkdir "$folder"
fi
)sh";

}  // namespace bramble::provision
