// SPDX-License-Identifier: Apache-2.0
// Which backends may get requests, judged from active checks and from what befell requests.
//
//                 check failed × fall, or the very first one
//      kHealthy ────────────────────────────────────────────► kFailing ─┐
//       ▲ │ ▲ │        connection refused: at once                      │ check passed × rise
//       │ │ │ └───────────────────────────────────────────► kRefusing ──┤ (the very first: at once)
//       │ │ └───────────────────────────────────────────────────────────┘
//       │ └─ requests failed × limit ─► kEjected, for 5 s, 10 s, 20 s … 5 min
//       │    or half of them, lately
//       └──────────── its time is over ────┘
//
//      kDraining: as the operator or the node itself says, over all of these.
//
// None is ejected for failed requests where then more than half of the primaries (of the backups)
// would be out, for whatever reason: what fails everywhere is seldom the fault of each backend, and
// a copy elsewhere may be behind. So are ejected ones back at once where no other of several
// primaries is left. Each minute of good conduct has one ejection forgiven, so that who is slow now
// and then is not out for minutes. And none is ejected for the share of its failures unless the
// others fail half as often. A node's own word drains it or lowers its strength, whatever it
// passes. Pure: time is handed in. Owned by the control thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "balance/load.hh"
#include "balance/word.hh"
#include "base/clock.hh"

namespace bramble::balance {

struct HealthOptions {
  unsigned rise = 2;            // passed checks until one that was out is in again
  unsigned fall = 3;            // failed checks until it is out
  unsigned failures_limit = 5;  // failed requests in a row until it is ejected
  double failures_share = 0.5;  // or that share of the lately asked, answers of 5xx among them …
  double failures_least = 10;   // … where that many failed
  std::chrono::seconds ejection{5};
  std::chrono::seconds ejection_max{300};
};

struct Health {
  Condition condition = Condition::kHealthy;
  std::string reason;   // why it is not healthy, for the operator
  Monotonic since{};    // of the condition
  double strength = 1;  // of its weight, by its own word
  std::string says;     // its own word: "hot, healing"
  std::uint64_t ejections = 0;
};

// What a backend was asked and failed, since the start.
struct Traffic {
  double asked = 0;
  double failed = 0;
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
  [[nodiscard]] bool node_says(std::size_t backend, const Word& word, Monotonic now);

  // Of all backends; to be told every 500 ms or so.
  [[nodiscard]] bool traffic(std::span<const Traffic> totals, Monotonic now);

  // Lets ejected ones back in whose time is over, or who are needed.
  [[nodiscard]] bool tick(Monotonic now);

  const Health& health(std::size_t backend) const { return states_[backend].health; }
  std::size_t size() const { return states_.size(); }

  void set_options(const HealthOptions& options) { options_ = options; }

  void set_backup(std::size_t backend, bool backup) { states_[backend].backup = backup; }

  // A slot for a backend of which nothing is known: one of those there are, or the next.
  void take_in(std::size_t backend, Monotonic now);

 private:
  struct State {
    Health health;
    Condition without_draining = Condition::kHealthy;
    bool backup = false;
    bool draining = false;       // as the operator wishes
    bool says_draining = false;  // as the node itself says
    bool checked = false;        // the first check decides alone
    unsigned passed = 0;         // in a row
    unsigned failed = 0;
    unsigned failures = 0;   // requests, in a row
    unsigned ejections = 0;  // lately
    Traffic told;            // up to now
    Traffic lately;          // fading
    Monotonic ejected_until{};
    Monotonic forgiven{};  // the last of them
    std::string reason;
  };

  bool set(State& state, Condition condition, std::string reason, Monotonic now);
  static bool show(State& state, Monotonic now);
  struct Group {  // of primaries, or backups
    std::size_t there = 0;
    std::size_t healthy = 0;
  };
  Group group(bool backups) const;
  bool may_eject_one(bool backups) const;
  bool eject(State& state, std::string reason, Monotonic now);
  bool fails_more_than_others(const State& state, const Traffic& all) const;

  HealthOptions options_;
  std::vector<State> states_;
};

std::string_view name_of(Condition condition);

}  // namespace bramble::balance
