// SPDX-License-Identifier: Apache-2.0
// Choosing and ejection before backends that exist in numbers only, on a virtual clock: the real
// Picker, HealthBoard and Load, a seeded stream of requests, and no time that passes. For a test,
// and for the table in docs/choosing.md.
//
//     visitors ──Poisson──► a thread's Picker ──► a backend: `places` requests at once, the others
//                                                 wait in order; each takes lognormal time
//
// What is not alike: a quarter of the backends is twice as slow as the others, a quarter four
// times; weights say so only where asked for. Requests have keys of unequal popularity (Zipf), for
// hash.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "balance/picker.hh"

namespace bramble::balance {

struct Trouble {
  std::size_t backends = 0;  // the first so many …
  double failing = 0;        // … fail this share of their requests, at once, while checks pass
};

struct SimulationOptions {
  Policy policy = Policy::kPowerOfTwo;
  std::uint64_t seed = 1;
  std::size_t backends = 100;
  std::size_t threads = 4;   // each knows its own requests only
  std::size_t places = 8;    // of a backend
  double utilisation = 0.7;  // of all that the backends together can do
  bool weighted = false;     // each by its speed
  bool ejecting = true;
  Trouble trouble;
  std::size_t requests = 200'000;
};

struct SimulationResult {
  std::vector<double> milliseconds;  // of each request that was answered, sorted
  std::size_t failed = 0;
  std::size_t failed_late = 0;   // of these, in the second half
  std::size_t ejected_most = 0;  // at one time
  std::vector<std::size_t> asked;
  std::vector<unsigned> in_flight;  // when all is over

  double percentile(double of_hundred) const;
};

SimulationResult simulate(const SimulationOptions& options);

// How much slower than the fast ones.
double slowness(std::size_t backend);

}  // namespace bramble::balance
