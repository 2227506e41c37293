// SPDX-License-Identifier: Apache-2.0
#include "provision/geo_session.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "cluster/addresses.hh"
#include "provision/report.hh"

namespace bramble::provision {
namespace {

constexpr std::string_view kSshPort = "ssh-port";
constexpr std::string_view kDefaultSshPort = "22";  // gsyncd's, too, where nothing is set

// ServerAlive: an off-site machine that vanished is noticed after 9 s; gsyncd alone takes a minute.
std::string ssh_options(std::string_view key) {
  return fmt::format(
      "-oPasswordAuthentication=no -oStrictHostKeyChecking=yes -oUserKnownHostsFile={} "
      "-oConnectTimeout=10 -oServerAliveInterval=3 -oServerAliveCountMax=3 -i {}/{}",
      kGeoKnownHosts, kGeoFolder, key);
}

}  // namespace

std::string geo_config_file(const Cluster& cluster) {
  return fmt::format("{}/{}_{}_{}/gsyncd.conf", kGeoFolder, cluster.volume.name,
                     cluster.offsite->name, offsite_volume(cluster.volume));
}

std::string geo_pid_file(const Cluster& cluster) {
  return fmt::format("/var/run/gluster/gsyncd-{}-{}-{}.pid", cluster.volume.name,
                     cluster.offsite->name, offsite_volume(cluster.volume));
}

std::string authorized_keys(const AuthorizedKeys& keys) {
  std::string text = "# Written by bramble: geo-replication from the nodes.\n";
  for (const GeoKeys& node : keys.nodes) {
    text += fmt::format("restrict,from=\"{}\",command=\"{}\" {}\n", keys.from, keys.gsyncd_path,
                        node.gsyncd);
    text += fmt::format(
        "restrict,from=\"{}\",command=\"tar ${{SSH_ORIGINAL_COMMAND#* }} && "
        "{{ sync -f {} || sync; }}\" {}\n",
        keys.from, keys.brick_mount, node.tar);
  }
  return text;
}

std::string known_hosts(const std::string& name, const std::string& port,
                        const std::string& host_keys) {
  std::string text;
  const std::string host = port == kDefaultSshPort ? name : fmt::format("[{}]:{}", name, port);
  for (const std::string_view line : lines(host_keys)) {
    const std::vector<std::string_view> parts = words(line);
    if (parts.size() >= 2) text += fmt::format("{} {} {}\n", host, parts[0], parts[1]);
  }
  return text;
}

std::vector<GeoSetting> geo_settings(const std::string& ssh_port) {
  return {
      {"sync-method", "tarssh"},  // with rsync 3.5.0 every file arrives empty
      {"change-interval", "1"},
      // Else the kernel gives tar the pages of before an overwrite, with the new time on them:
      // off-site the file is old for ever (seen with Linux 6.18 and stat-prefetch off).
      {"gluster-params", "aux-gfid-mount acl fopen-keep-cache=off"},
      {"ssh-options", ssh_options("secret.pem")},
      {"ssh-options-tar", ssh_options("tar_ssh.pem")},
      {std::string(kSshPort), ssh_port},
  };
}

std::vector<GeoSetting> geo_settings_missing(const std::vector<GeoSetting>& wanted,
                                             const std::string& config) {
  std::vector<GeoSetting> missing;
  for (const GeoSetting& setting : wanted) {
    std::string set = value_of(config, setting.key);
    if (set.empty() && setting.key == kSshPort) set = kDefaultSshPort;
    if (set != setting.value) missing.push_back(setting);
  }
  return missing;
}

// By the prefix of the attributes in which its workers note how far they are.
bool is_of_other_volumes(const std::string& config, const std::string& home_id,
                         const std::string& offsite_id) {
  const std::string noted = value_of(config, "stime-xattr-prefix");
  if (noted.empty() || home_id.empty() || offsite_id.empty()) return false;
  return noted != "trusted.glusterfs." + home_id + "." + offsite_id;
}

bool is_of_home(const std::string& config, const std::string& home_id) {
  if (config.empty()) return false;
  const std::string noted = value_of(config, "stime-xattr-prefix");
  return noted.empty() || noted.starts_with("trusted.glusterfs." + home_id + ".");
}

}  // namespace bramble::provision
