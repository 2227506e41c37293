// SPDX-License-Identifier: Apache-2.0
// Which backend gets the next request.
//
//     healthy primaries ──none──► healthy backups ──none──► the least bad of all but draining ones
//
// Those whose limit of requests is reached are passed over; where all are, the request has to wait.
// A request that prefers one of them (a sticky visitor) goes there. Among the others, power-of-two
// (default) takes the better of two at random: fewer requests in flight for its weight; where one
// is three times slower than the other (and by 10 ms), in flight × latency. Two that are equally
// good take turns by their weights, so that an idle cluster spreads a lone visitor's requests
// evenly, too. hash: see hashing.hh.
//
// Pure but for its random numbers; one a thread. Source: M. Mitzenmacher, "The Power of Two Choices
// in Randomized Load Balancing" (2001); C. Waldspurger, "Stride Scheduling" (1995).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "balance/load.hh"

namespace bramble::balance {

enum class Policy : std::uint8_t { kPowerOfTwo, kLeastConnections, kRoundRobin, kHash };

// What a request itself says of where it should go; 0 where it says nothing.
struct Preference {
  std::uint64_t key = 0;       // for kHash
  std::uint64_t identity = 0;  // of the backend that it wants, where that is healthy and not full
};

std::optional<Policy> parse_policy(std::string_view name);
std::string_view name_of(Policy policy);

class Picker {
 public:
  Picker(Policy policy, std::uint64_t seed) : policy_(policy), state_(seed) {}

  // The index of a backend that is not among those tried; nothing where there is none. Takes the
  // turn off its share.
  std::optional<std::size_t> pick(std::span<Load> backends, std::span<const std::size_t> tried,
                                  const Preference& preference = {});

  // Whether the last pick found nothing only because all that it could take are full.
  bool all_full() const { return all_full_; }

  // Whether a request that has tried none would find one.
  bool has_room(std::span<Load> backends);

  void set_policy(Policy policy) { policy_ = policy; }

  // To be called when conditions, weights or the backends themselves have changed.
  void conditions_changed() { fresh_ = false; }

 private:
  void collect(std::span<Load> backends);
  std::span<const std::size_t> untried(std::span<const Load> backends,
                                       std::span<const std::size_t> tried);
  std::span<const std::size_t> not_full(std::span<const Load> backends,
                                        std::span<const std::size_t> candidates);
  std::size_t choose(std::span<const Load> backends, std::span<const std::size_t> candidates,
                     const Preference& preference);
  std::size_t random_below(std::size_t count);

  Policy policy_;
  std::uint64_t state_;
  bool fresh_ = false;
  bool limited_ = false;  // some backend has a limit
  bool all_full_ = false;
  double pass_ = 0;                    // of the last one chosen: who comes back starts here
  std::vector<std::size_t> eligible_;  // of the best tier that has any
  std::vector<std::size_t> left_;      // scratch: those not tried
  std::vector<std::size_t> free_;      // scratch: those not full
};

// Whether a is the better choice; both get their equal share where neither is.
bool better(const Load& a, const Load& b);

}  // namespace bramble::balance
