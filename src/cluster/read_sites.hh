// SPDX-License-Identifier: Apache-2.0
// The [[site]] tables of bramble.toml. Part of load.hh's work.
#pragma once

#include <vector>

#include "cluster/section.hh"
#include "cluster/site.hh"

namespace bramble {

// Without any table: one site for all names, at the volume's root. What is faulty is noted there.
std::vector<SiteOptions> read_sites(Section& root, Faults& faults);

}  // namespace bramble
