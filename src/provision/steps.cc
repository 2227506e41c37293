// SPDX-License-Identifier: Apache-2.0
#include "provision/steps.hh"

#include "provision/brick.hh"
#include "provision/firewall.hh"
#include "provision/former_offsite.hh"
#include "provision/former_role.hh"
#include "provision/geo_replication.hh"
#include "provision/glusterd.hh"
#include "provision/host_name.hh"
#include "provision/hosts_file.hh"
#include "provision/offsite_volume.hh"
#include "provision/packages.hh"
#include "provision/password.hh"
#include "provision/pool.hh"
#include "provision/program.hh"
#include "provision/services.hh"
#include "provision/time.hh"
#include "provision/tunnel.hh"
#include "provision/volume_mount.hh"

namespace bramble::provision {

std::vector<std::string> names(const std::vector<Machine>& machines) {
  std::vector<std::string> all;
  for (const Machine& machine : machines) all.push_back(machine.name);
  return all;
}

std::vector<std::string> names_of_all(const Cluster& cluster) { return names(cluster.machines()); }

bool stores(const Machine& machine) { return machine.role != Role::kBalancer; }

std::vector<std::string> names_of_storing(const Cluster& cluster) {
  std::vector<std::string> all = names(cluster.nodes);
  if (cluster.offsite) all.push_back(cluster.offsite->name);
  return all;
}

// The names first: without DNS, sudo waits for a host's own new name to be known. The firewall
// before what it guards: the tunnel, and GlusterFS on machines that the Internet reaches.
Steps all_steps(const std::string& program) {
  const auto keys = std::make_shared<TunnelKeys>();
  Steps steps;
  steps.push_back(hosts_file_step());
  steps.push_back(host_name_step());
  steps.push_back(packages_step());
  steps.push_back(time_step());
  steps.push_back(password_step());
  steps.push_back(program_step(program));
  steps.push_back(firewall_step());
  steps.push_back(brick_step());
  steps.push_back(glusterd_step());
  steps.push_back(tunnel_key_step(keys));
  steps.push_back(tunnel_step(keys));
  steps.push_back(tunnel_answers_step());
  steps.push_back(offsite_volume_step());
  steps.push_back(pool_step());
  steps.push_back(volume_mount_step());
  steps.push_back(former_role_step());  // before who takes its port
  steps.push_back(services_step());
  steps.push_back(former_offsite_step());
  steps.push_back(geo_replication_step());  // last: the site is served even while it cannot be
  return steps;
}

}  // namespace bramble::provision
