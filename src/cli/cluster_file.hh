// SPDX-License-Identifier: Apache-2.0
// What every command that works on a cluster begins with.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cluster/cluster.hh"
#include "provision/connect.hh"

namespace bramble::cli {

// -f, --file; "bramble.toml" where it is not given.
void add_file_option(CLI::App& command, std::string& file);

// The cluster, or nothing once its faults were told: the exit status is kBadUsage then.
std::optional<Cluster> load_or_tell(const std::string& file);

// Connected, and every machine reached. Errors were told, with `json` to programs, too.
Result<std::unique_ptr<provision::Connections>> reach_or_tell(const Cluster& cluster, bool json);

}  // namespace bramble::cli
