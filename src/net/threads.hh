// SPDX-License-Identifier: Apache-2.0
// A loop a core: each loop runs on a thread of its own and shares nothing with the others.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "net/loop.hh"

namespace bramble {

std::size_t core_count();  // that this process may use; at least 1

Result<std::vector<std::unique_ptr<Loop>>> make_loops(std::size_t count);

// Runs the first loop on the calling thread and each other one on a new thread named "loop-N".
// Returns when all have been stopped. Blocks.
void run_loops(std::span<const std::unique_ptr<Loop>> loops);

}  // namespace bramble
