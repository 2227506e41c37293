// SPDX-License-Identifier: Apache-2.0
#include "cli/cluster_file.hh"

#include <cerrno>
#include <cstdio>

#include "cli/commands.hh"
#include "cluster/load.hh"
#include "provision/plan_text.hh"
#include "provision/reach.hh"

namespace bramble::cli {

void add_file_option(CLI::App& command, std::string& file) {
  command.add_option("-f,--file", file, "The cluster's file (bramble.toml)")
      ->default_str("bramble.toml")
      ->option_text("FILE");
}

std::optional<Cluster> load_or_tell(const std::string& file) {
  Result<Cluster> cluster = load_cluster(file);
  if (cluster.ok()) return *std::move(cluster);
  // Faults begin with FILE:LINE:COLUMN, for editors.
  if (cluster.error().code != EINVAL)
    (void)tell(cluster.error());
  else
    (void)std::fprintf(stderr, "%s\n", cluster.error().what.c_str());
  return std::nullopt;
}

Result<std::unique_ptr<provision::Connections>> reach_or_tell(const Cluster& cluster, bool json) {
  auto connections = provision::Connections::make(cluster);
  if (!connections.ok()) {
    if (json) print(provision::plan_json(cluster, {}, connections.error().what));
    tell(connections.error());
    return connections;
  }
  const std::vector<provision::Reached> reached = provision::reach_all((*connections)->site());
  for (const provision::Reached& one : reached)
    for (const std::string& fault : one.faults) tell(failure(fault));
  if (provision::all_well(reached)) return connections;
  const Error error = failure("not every machine can be worked with: nothing was changed");
  if (json) print(provision::plan_json(cluster, provision::reports_of(reached), error.what));
  return error;
}

}  // namespace bramble::cli
