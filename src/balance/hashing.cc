// SPDX-License-Identifier: Apache-2.0
#include "balance/hashing.hh"

#include <algorithm>
#include <cmath>

namespace bramble::balance {
namespace {

constexpr double kCrowdFactor = 1.25;  // of its fair share of what is under way
constexpr double kNoCrowd = 4;         // so many at once are none

std::uint64_t mix(std::uint64_t z) {  // of SplitMix64
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

// Lower is better: exponentially distributed, so that backends win in proportion to their weights.
double score(const Load& load, std::uint64_t key) {
  const std::uint64_t hash = mix(load.identity ^ key);
  const double uniform = (static_cast<double>(hash >> 11U) + 0.5) * 0x1p-53;  // in (0, 1)
  return -std::log(uniform) / load.weight;
}

}  // namespace

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return std::max<std::uint64_t>(mix(hash), 1);
}

std::size_t choose_by_hash(std::span<const Load> backends, std::span<const std::size_t> candidates,
                           std::uint64_t key) {
  double under_way = 1, shares = 0;
  for (const std::size_t i : candidates) {
    under_way += backends[i].in_flight;
    shares += backends[i].share();
  }
  const auto crowded = [&](const Load& load) {
    const double fair = std::ceil(kCrowdFactor * under_way * load.share() / shares);
    return load.in_flight + 1 > std::max(fair, kNoCrowd * load.strength);
  };
  std::size_t best = candidates.front();
  double best_score = INFINITY;
  for (const std::size_t i : candidates) {
    if (crowded(backends[i])) continue;
    const double its = score(backends[i], key);
    if (its >= best_score) continue;
    best_score = its;
    best = i;
  }
  return best;
}

}  // namespace bramble::balance
