// SPDX-License-Identifier: Apache-2.0
#include "balance/picker.hh"

#include <algorithm>

#include "balance/hashing.hh"

namespace bramble::balance {
namespace {

using std::chrono::nanoseconds;

// A backend must be this much slower than another before its latency counts against it: less is
// noise, and would starve one of two equals.
constexpr int kSlowerTimes = 3;
constexpr nanoseconds kSlowerBy = std::chrono::milliseconds(10);

bool much_slower(const Load& a, const Load& b) {
  return b.latency.count() != 0 && a.latency > b.latency * kSlowerTimes + kSlowerBy;
}

double busy(const Load& load) { return load.in_flight / load.share(); }

double expected_wait(const Load& load) {
  return (load.in_flight + 1) * static_cast<double>(load.latency.count()) / load.share();
}

bool fewer(const Load& a, const Load& b) {
  return busy(a) != busy(b) ? busy(a) < busy(b) : a.pass < b.pass;
}

}  // namespace

std::optional<Policy> parse_policy(std::string_view name) {
  for (const Policy policy :
       {Policy::kPowerOfTwo, Policy::kLeastConnections, Policy::kRoundRobin, Policy::kHash})
    if (name == name_of(policy)) return policy;
  return std::nullopt;
}

std::string_view name_of(Policy policy) {
  switch (policy) {
    case Policy::kPowerOfTwo:
      return "power-of-two";
    case Policy::kLeastConnections:
      return "least-connections";
    case Policy::kRoundRobin:
      return "round-robin";
    case Policy::kHash:
      return "hash";
  }
  return "";
}

bool better(const Load& a, const Load& b) {
  if (much_slower(a, b) || much_slower(b, a)) return expected_wait(a) < expected_wait(b);
  return fewer(a, b);
}

std::optional<std::size_t> Picker::pick(std::span<Load> backends,
                                        std::span<const std::size_t> tried,
                                        const Preference& preference) {
  if (!fresh_) collect(backends);
  std::span<const std::size_t> candidates = tried.empty() ? eligible_ : untried(backends, tried);
  const bool some = !candidates.empty();
  if (limited_) candidates = not_full(backends, candidates);
  all_full_ = some && candidates.empty();
  if (candidates.empty()) return std::nullopt;
  const std::size_t chosen = choose(backends, candidates, preference);
  pass_ = std::max(pass_, backends[chosen].pass);
  backends[chosen].pass += 1 / backends[chosen].share();
  return chosen;
}

bool Picker::has_room(std::span<Load> backends) {
  if (!fresh_) collect(backends);
  return std::ranges::any_of(eligible_, [&](std::size_t i) { return !backends[i].full(); });
}

std::span<const std::size_t> Picker::untried(std::span<const Load> backends,
                                             std::span<const std::size_t> tried) {
  left_.clear();
  for (std::size_t i = 0; i < backends.size(); ++i)
    if (std::ranges::find(tried, i) == tried.end()) left_.push_back(i);
  std::erase_if(left_, [&](std::size_t i) {
    return backends[i].condition == Condition::kDraining ||
           (backends[i].condition != Condition::kHealthy &&
            std::ranges::find(eligible_, i) == eligible_.end());
  });
  // A backup helps out before a request fails, but not before the primaries.
  const bool primary = std::ranges::any_of(left_, [&](auto i) { return !backends[i].backup; });
  if (primary) std::erase_if(left_, [&](auto i) { return backends[i].backup; });
  return left_;
}

std::span<const std::size_t> Picker::not_full(std::span<const Load> backends,
                                              std::span<const std::size_t> candidates) {
  free_.clear();
  for (const std::size_t i : candidates)
    if (!backends[i].full()) free_.push_back(i);
  return free_;
}

void Picker::collect(std::span<Load> backends) {
  const auto tier = [](const Load& load) {
    return static_cast<int>(load.condition) * 2 + (load.backup ? 1 : 0);
  };
  int best = static_cast<int>(Condition::kDraining) * 2;
  for (const Load& load : backends) best = std::min(best, tier(load));
  eligible_.clear();
  for (std::size_t i = 0; i < backends.size(); ++i)
    if (tier(backends[i]) == best && backends[i].condition != Condition::kDraining)
      eligible_.push_back(i);
  for (const std::size_t i : eligible_) backends[i].pass = std::max(backends[i].pass, pass_);
  limited_ = std::ranges::any_of(backends, [](const Load& load) { return load.seats != nullptr; });
  fresh_ = true;
}

std::size_t Picker::choose(std::span<const Load> backends, std::span<const std::size_t> candidates,
                           const Preference& preference) {
  if (candidates.size() == 1) return candidates.front();
  if (preference.identity != 0)
    for (const std::size_t i : candidates)
      if (backends[i].identity == preference.identity) return i;
  if (policy_ == Policy::kHash && preference.key != 0)
    return choose_by_hash(backends, candidates, preference.key);
  if (policy_ == Policy::kPowerOfTwo || policy_ == Policy::kHash) {
    const std::size_t first = random_below(candidates.size());
    std::size_t second = random_below(candidates.size() - 1);
    if (second >= first) ++second;
    const std::size_t a = candidates[first];
    const std::size_t b = candidates[second];
    return better(backends[b], backends[a]) ? b : a;
  }
  const auto less = [&](std::size_t a, std::size_t b) {
    return policy_ == Policy::kRoundRobin ? backends[a].pass < backends[b].pass
                                          : fewer(backends[a], backends[b]);
  };
  return *std::ranges::min_element(candidates, less);
}

// SplitMix64 (S. Vigna), reduced by multiplication (D. Lemire).
std::size_t Picker::random_below(std::size_t count) {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  z ^= z >> 31U;
  return static_cast<std::size_t>(((z >> 32U) * count) >> 32U);
}

}  // namespace bramble::balance
