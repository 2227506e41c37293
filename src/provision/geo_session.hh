// SPDX-License-Identifier: Apache-2.0
// Geo-replication's names, keys and settings. Pure.
//
// A session's state lies in files on each node, which tells of it far sooner than `gluster …
// status` does (seconds):
//
//     /var/lib/glusterd/geo-replication/web_cluster04_web-offsite/gsyncd.conf    its settings
//     /var/run/gluster/gsyncd-web-cluster04-web-offsite.pid                      its monitor
#pragma once

#include <string>
#include <vector>

#include "base/result.hh"
#include "cluster/cluster.hh"

namespace bramble::provision {

inline constexpr std::string_view kGeoFolder = "/var/lib/glusterd/geo-replication";
inline constexpr std::string_view kGeoKnownHosts = "/var/lib/bramble/offsite_known_hosts";

std::string geo_config_file(const Cluster& cluster);
std::string geo_pid_file(const Cluster& cluster);

// A node's two public keys, as ssh-keygen wrote them.
struct GeoKeys {
  std::string gsyncd;
  std::string tar;
};

struct AuthorizedKeys {
  std::vector<GeoKeys> nodes;
  std::string gsyncd_path;  // where gsyncd lies on the off-site machine: it may be another
                            // architecture than the nodes
  std::string from;         // the network that the nodes come from
  std::string brick_mount;  // on the off-site machine; no character of it needs to be quoted
};

// The whole authorized_keys of the account: each key can run one program, from the tunnel. What tar
// has written is on the disk when it ends: gsyncd believes so, and never sends again what a loss of
// power off-site took back (seen: files of the last half minute missing for good).
std::string authorized_keys(const AuthorizedKeys& keys);

// The off-site machine's host keys ("ssh-ed25519 AAAA…" lines) as known_hosts, under that name.
std::string known_hosts(const std::string& name, const std::string& port,
                        const std::string& host_keys);

struct GeoSetting {
  std::string key;
  std::string value;
};

// What a session's settings shall be; ssh_port: the off-site machine's.
std::vector<GeoSetting> geo_settings(const std::string& ssh_port);

// Those that gsyncd.conf does not have so.
std::vector<GeoSetting> geo_settings_missing(const std::vector<GeoSetting>& wanted,
                                             const std::string& config);

// Whether the monitor that wrote gsyncd.conf was started for other volumes than those with these
// ids, as after an off-site machine was installed anew under its name: it asks for them only when
// it is started, and goes on from what was copied to the one that is no more.
bool is_of_other_volumes(const std::string& config, const std::string& home_id,
                         const std::string& offsite_id);

// Whether gsyncd.conf is of a session of the home volume with that id, or of one that never ran.
bool is_of_home(const std::string& config, const std::string& home_id);

}  // namespace bramble::provision
