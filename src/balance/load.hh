// SPDX-License-Identifier: Apache-2.0
// What one loop thread knows of a backend when it chooses: how busy it is, how fast it answered
// lately, and what the control side told of its health. Owned by that thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "balance/seats.hh"

namespace bramble::balance {

// How far a backend may be trusted. Lower is better; only kHealthy ones get requests as long as
// there is one.
enum class Condition : std::uint8_t {
  kHealthy,
  kEjected,   // its checks pass, but requests failed
  kFailing,   // its checks fail
  kRefusing,  // nobody listens there
  kDraining,  // gets no new requests, whatever happens
};

struct Load {
  Condition condition = Condition::kHealthy;
  bool backup = false;         // only where no other is healthy
  double weight = 1;           // share of requests; > 0
  double strength = 1;         // of its weight, now: slow start, the node's own word; 0 < … ≤ 1
  std::uint64_t identity = 0;  // of its name: what hashing and stickiness know it by
  const Seats* seats = nullptr;  // where it has a limit
  unsigned in_flight = 0;
  std::chrono::nanoseconds latency{0};      // smoothed time to the answer's head; 0: not known
  std::chrono::nanoseconds latency_p95{0};  // see usual_wait.hh; 0: not known
  double pass = 0;  // virtual time: how much of its share it has had (stride scheduling)

  double share() const { return weight * strength; }
  bool full() const { return seats != nullptr && seats->full(); }

  // One answer that took long is noise, the first one as well: it may raise the latency by a step
  // only. Several in a row do what they should.
  void answered_after(std::chrono::nanoseconds time) {
    const auto heard = std::min(time, latency * 4 + std::chrono::milliseconds(10));
    latency = latency.count() == 0 ? heard : latency + (heard - latency) / 8;
  }

  // Once a second, where nothing was asked of it: what was slow may be fast again, and only a
  // request can show it.
  void forget_a_little() { latency -= latency / 8; }
};

}  // namespace bramble::balance
