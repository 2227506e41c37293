// SPDX-License-Identifier: Apache-2.0
// The reports of a walk over the steps, for people and for programs. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "provision/runner.hh"

namespace bramble::provision {

// What would change, machine by machine; what cannot, with its reason.
std::string plan_text(const Cluster& cluster, const std::vector<StepReport>& reports, bool colour);

// After apply: a row a machine, then each failure, then the sum: "12 changes in 41.0 s".
std::string result_text(const Cluster& cluster, const std::vector<StepReport>& reports,
                        std::chrono::milliseconds took, bool colour);

// {"cluster": NAME, "changes": N, "failed": BOOL, "error"?, "machines": [{"name", "role", "steps":
// [{"name", "verdict", "changes": [TEXT], "error"?, "milliseconds"}]}]}
// `error`: why it went no further; "": it did.
std::string plan_json(const Cluster& cluster, const std::vector<StepReport>& reports,
                      const std::string& error = "");

std::string count_of(std::size_t n, std::string_view noun);  // "1 change", "2 changes"

}  // namespace bramble::provision
