// SPDX-License-Identifier: Apache-2.0
#include "provision/units.hh"

#include <fmt/format.h>

#include "base/fingerprint.hh"
#include "cluster/addresses.hh"
#include "cluster/sites_to_toml.hh"
#include "cluster/to_toml.hh"
#include "provision/steps.hh"

namespace bramble::provision {
namespace {

// Of services that talk to the Internet: no rights but to listen on port 80, and to see files.
constexpr std::string_view kLocked = R"ini(DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
LimitNOFILE=524288
)ini";

struct Service {
  std::string name;
  std::string description;
  std::string after;
  std::string command;
  std::string type = "notify";  // "exec": it does not tell when it is ready
  std::string more;             // lines of [Service]
};

Unit unit(const Service& service, std::string_view file, const std::string& digest) {
  return {.name = service.name,
          .text = fmt::format("# Written by `bramble up`; changes are lost.\n"
                              "[Unit]\n"
                              "Description={}\n"
                              "Wants=network-online.target\n"
                              "After=network-online.target {}\n"
                              "StartLimitIntervalSec=0\n"
                              "\n"
                              "[Service]\n"
                              "Type={}\n"
                              "Environment={}={}\n"
                              "ExecStart={}\n"
                              "Restart=always\n"
                              "RestartSec=1\n"
                              "TimeoutStopSec=45\n"
                              "{}"
                              "\n"
                              "[Install]\n"
                              "WantedBy=multi-user.target\n",
                              service.description, service.after, service.type, kReadVariable,
                              digest, service.command, service.more),
          .file = file,
          .read = digest};
}

std::string volume_of(const Cluster& cluster, const Machine& machine) {
  const std::string name =
      machine.role == Role::kOffsite ? offsite_volume(cluster.volume) : cluster.volume.name;
  return "localhost:" + name;
}

std::string digest_of(const std::string& file) { return fmt::format("{:016x}", fingerprint(file)); }

// Without an access log: the balancer has a line for each request, and an SD card is soon full of
// what is written.
Service web(const Cluster& cluster, const Machine& machine) {
  return {.name = "bramble-web",
          .description = "bramble web server",
          .after = "glusterd.service",
          .command = fmt::format(
              "{} serve --volume {} -f %d/sites.toml --name {} --listen 0.0.0.0:{} "
              "--admin 127.0.0.1:{}",
              kProgram, volume_of(cluster, machine), machine.name, kWebPort, kWebAdminPort),
          .more = fmt::format("LoadCredential=sites.toml:{}\n{}", kSitesFileOnMachines, kLocked)};
}

Service balance(const Cluster& cluster, const Machine& machine) {
  return {.name = "bramble-balance",
          .description = "bramble balancer",
          .after = "wg-quick@bramble.service",
          .command = fmt::format("{} balance -f {} --admin 127.0.0.1:{} --admin {}:{}", kProgram,
                                 kClusterFileOnMachines, kAdminPort,
                                 tunnel_address(cluster, machine.name), kAdminPort),
          .more = fmt::format("ExecReload={} balance --reload\n"
                              "RuntimeDirectory=bramble-balance\n"
                              "WatchdogSec=30\n"
                              "{}",
                              kProgram, kLocked)};
}

// As root: it reads bricks and asks GlusterFS. It listens on nothing.
Service vitals(const Machine& machine) {
  return {.name = "bramble-vitals",
          .description = "bramble vitals",
          .after = "glusterd.service wg-quick@bramble.service",
          .command = fmt::format("{} vitals -f {} --name {}", kProgram, kClusterFileOnMachines,
                                 machine.name),
          .type = "exec",
          .more = "RuntimeDirectory=bramble\nRuntimeDirectoryPreserve=yes\n"};
}

}  // namespace

std::vector<Unit> units_for(const Cluster& cluster, const Machine& machine) {
  const std::string digest = digest_of(cluster_file(cluster));
  const Unit main =
      machine.role == Role::kBalancer
          ? unit(balance(cluster, machine), kClusterFileOnMachines, digest)
          : unit(web(cluster, machine), kSitesFileOnMachines, digest_of(sites_file(cluster)));
  return {main, unit(vitals(machine), kClusterFileOnMachines, digest)};
}

std::vector<std::string> services_of(const Cluster& cluster, const Machine& machine) {
  std::vector<std::string> all;
  for (const Unit& unit : units_for(cluster, machine)) all.push_back(unit.name);
  if (machine.role == Role::kNode) all.emplace_back("bramble-mount");
  if (stores(machine)) all.emplace_back("glusterd");
  if (has_tunnel(cluster)) all.emplace_back("wg-quick@bramble");
  return all;
}

std::string cluster_file(const Cluster& cluster) {
  Cluster without_sites = cluster;
  without_sites.sites.clear();
  return to_toml(without_sites);
}

std::string sites_file(const Cluster& cluster) { return sites_to_toml(cluster.sites); }

}  // namespace bramble::provision
