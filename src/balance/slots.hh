// SPDX-License-Identifier: Apache-2.0
// Where backends stand. A backend keeps its slot, the index that loads, health and counters go by,
// for as long as it is there, so that a reload takes nothing from those that stay:
//
//     wanted, and there by name and address ──► its slot, with the new weight and kind
//     wanted, and new                       ──► a free slot, else one more at the end
//     there, and no longer wanted           ──► leaving: finishes what is under way ──► free
//
// Slots are never taken away, so an index once given is good for ever. Pure.
#pragma once

#include <vector>

#include "balance/options.hh"

namespace bramble::balance {

bool same_backend(const BackendOptions& a, const BackendOptions& b);

// free[i]: slot i has left and nothing is under way there.
std::vector<BackendOptions> place_backends(const std::vector<BackendOptions>& slots,
                                           const std::vector<bool>& free,
                                           const std::vector<BackendOptions>& wanted);

// Makes the seats of backends that have a limit; those that had one before keep theirs, with what
// is taken of them.
void give_seats(std::vector<BackendOptions>& slots, const std::vector<BackendOptions>& before);

}  // namespace bramble::balance
