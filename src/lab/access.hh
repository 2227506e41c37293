// SPDX-License-Identifier: Apache-2.0
// What an operator needs to work with the lab as with any cluster: keys, an ssh configuration for
// plain ssh(1), and a cluster file.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hh"
#include "lab/place.hh"

namespace bramble::lab {

// Makes keys and writes all files. Existing keys stay.
Result<void> write_access_files(const Place& place, const std::string& program);

std::string ssh_config_text(const Place& place, const std::string& program);

enum class Scope : std::uint8_t { kWhole, kNodesAlone };
std::string cluster_file_text(Scope scope);

}  // namespace bramble::lab
