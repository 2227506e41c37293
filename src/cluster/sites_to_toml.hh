// SPDX-License-Identifier: Apache-2.0
// Sites as [[site]] tables, from which load_sites reads the same again.
#pragma once

#include <string>
#include <vector>

#include "cluster/site.hh"

namespace bramble {

// What is as by default is left away, save host and root.
std::string sites_to_toml(const std::vector<SiteOptions>& sites);

}  // namespace bramble
