// SPDX-License-Identifier: Apache-2.0
// Which backends may get requests, judged from active checks and from what befell requests.
//
//                 check failed × fall, or the very first one
//      kHealthy ────────────────────────────────────────────► kFailing ─┐
//       ▲ │ ▲ │        connection refused: at once                      │ check passed × rise
//       │ │ │ └───────────────────────────────────────────► kRefusing ──┤ (the very first: at once)
//       │ │ └───────────────────────────────────────────────────────────┘
//       │ └─ requests failed × limit ─► kEjected, for 5 s, 10 s, 20 s … 5 min
//       └──────────── its time is over ────┘
//
//      kDraining: as the operator or the node itself says, over all of these.
//
// Never more than half of the backends are ejected for failed requests: what fails everywhere is
// seldom the fault of each backend. Pure: time is handed in. Owned by the control thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "balance/load.hh"
#include "base/clock.hh"

namespace bramble::balance {

struct HealthOptions {
  unsigned rise = 2;            // passed checks until one that was out is in again
  unsigned fall = 3;            // failed checks until it is out
  unsigned failures_limit = 5;  // failed requests in a row until it is ejected
  std::chrono::seconds ejection{5};
  std::chrono::seconds ejection_max{300};
};

struct Health {
  Condition condition = Condition::kHealthy;
  std::string reason;  // why it is not healthy, for the operator
  Monotonic since{};   // of the condition
};

// The health of all backends. Each event tells whether a condition has changed.
class HealthBoard {
 public:
  HealthBoard(std::size_t backends, const HealthOptions& options, Monotonic now);

  [[nodiscard]] bool check_passed(std::size_t backend, Monotonic now);
  [[nodiscard]] bool check_failed(std::size_t backend, std::string reason, Monotonic now);
  [[nodiscard]] bool connection_refused(std::size_t backend, std::string reason, Monotonic now);
  [[nodiscard]] bool request_failed(std::size_t backend, std::string reason, Monotonic now);
  void request_answered(std::size_t backend) { states_[backend].failures = 0; }
  [[nodiscard]] bool set_draining(std::size_t backend, bool draining, Monotonic now);

  // Lets ejected ones back in whose time is over.
  [[nodiscard]] bool tick(Monotonic now);

  const Health& health(std::size_t backend) const { return states_[backend].health; }
  std::size_t size() const { return states_.size(); }

  // A slot for a backend of which nothing is known: one of those there are, or the next.
  void take_in(std::size_t backend, Monotonic now);

 private:
  struct State {
    Health health;
    Condition without_draining = Condition::kHealthy;
    bool draining = false;
    bool checked = false;  // the first check decides alone
    unsigned passed = 0;   // in a row
    unsigned failed = 0;
    unsigned failures = 0;   // requests, in a row
    unsigned ejections = 0;  // lately
    Monotonic ejected_until{};
    std::string reason;
  };

  bool set(State& state, Condition condition, std::string reason, Monotonic now);
  static bool show(State& state, Monotonic now);
  bool may_eject_one() const;

  HealthOptions options_;
  std::vector<State> states_;
};

std::string_view name_of(Condition condition);

}  // namespace bramble::balance
