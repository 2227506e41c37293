// SPDX-License-Identifier: Apache-2.0
// How a lab stands, on standard output.
#pragma once

#include <vector>

#include "lab/lab.hh"

namespace bramble::cli {

// Hosts, cables and the ways in.
void print_lab(const lab::Place& place, const std::vector<lab::HostReport>& reports);

// The same for programs; without reports the lab is not up.
void print_lab_json(const lab::Place& place, const std::vector<lab::HostReport>& reports);

}  // namespace bramble::cli
