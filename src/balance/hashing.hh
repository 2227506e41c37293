// SPDX-License-Identifier: Apache-2.0
// Consistent hashing with bounded load: the same key goes to the same backend, as long as that is
// there and not far busier than the others.
//
// Each backend gets a score from the key and its name (rendezvous hashing, weighted): the highest
// takes the request. When a backend goes, only its own keys move; when one comes, it takes its
// share from all. A backend that has more than 1.25 × its share of what is under way is passed over
// for the next one; up to a few requests at once are no crowd and stay.
//
// Pure. Source: D. Thaler, C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates"
// (1998); V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent Hashing with Bounded Loads" (2016).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "balance/load.hh"

namespace bramble::balance {

std::uint64_t hash_of(std::string_view text);  // FNV-1a, finished with a mixer; never 0

// One of the candidates (indices into the backends), of which there is at least one.
std::size_t choose_by_hash(std::span<const Load> backends, std::span<const std::size_t> candidates,
                           std::uint64_t key);

}  // namespace bramble::balance
