// SPDX-License-Identifier: Apache-2.0
// Prints the table of docs/choosing.md: what each policy does to the slowest answers, in a seeded
// simulation.
#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "balance/simulation.hh"

namespace {

using bramble::balance::Policy;
using bramble::balance::simulate;
using bramble::balance::SimulationOptions;
using bramble::balance::SimulationResult;

void print_row(Policy policy, bool weighted) {
  std::string row =
      fmt::format("| `{}`{} ", bramble::balance::name_of(policy), weighted ? ", weights" : "");
  for (const double utilisation : {0.5, 0.7, 0.9}) {
    const SimulationOptions options = {
        .policy = policy, .utilisation = utilisation, .weighted = weighted, .requests = 500'000};
    const SimulationResult result = simulate(options);
    row += fmt::format("| {:.1f} | {:.1f} ", result.percentile(50), result.percentile(99));
  }
  (void)std::printf("%s|\n", row.c_str());
}

}  // namespace

int main() {
  (void)std::puts(
      "| policy | 50 %: median | p99 | 70 %: median | p99 | 90 %: median | p99 |\n"
      "|-|-|-|-|-|-|-|");
  for (const bool weighted : {false, true})
    for (const Policy policy :
         {Policy::kPowerOfTwo, Policy::kLeastConnections, Policy::kRoundRobin, Policy::kHash})
      print_row(policy, weighted);
  return 0;
}
