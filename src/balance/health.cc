// SPDX-License-Identifier: Apache-2.0
#include "balance/health.hh"

#include <algorithm>
#include <utility>

namespace bramble::balance {

std::string_view name_of(Condition condition) {
  switch (condition) {
    case Condition::kHealthy:
      return "healthy";
    case Condition::kEjected:
      return "ejected";
    case Condition::kFailing:
      return "failing";
    case Condition::kRefusing:
      return "refusing";
    case Condition::kDraining:
      return "draining";
  }
  return "";
}

HealthBoard::HealthBoard(std::size_t backends, const HealthOptions& options, Monotonic now)
    : options_(options), states_(backends) {
  for (State& state : states_) state.health.since = now;
}

bool HealthBoard::check_passed(std::size_t backend, Monotonic now) {
  State& state = states_[backend];
  const bool first = !std::exchange(state.checked, true);
  state.failed = 0;
  ++state.passed;
  const bool out = state.without_draining == Condition::kFailing ||
                   state.without_draining == Condition::kRefusing;
  if (!out || (!first && state.passed < options_.rise)) return false;
  state.failures = 0;
  return set(state, Condition::kHealthy, "", now);
}

bool HealthBoard::check_failed(std::size_t backend, std::string reason, Monotonic now) {
  State& state = states_[backend];
  const bool first = !std::exchange(state.checked, true);
  state.passed = 0;
  ++state.failed;
  if (!first && state.failed < options_.fall) return false;
  return set(state, Condition::kFailing, std::move(reason), now);
}

bool HealthBoard::connection_refused(std::size_t backend, std::string reason, Monotonic now) {
  State& state = states_[backend];
  state.checked = true;
  state.passed = 0;
  return set(state, Condition::kRefusing, std::move(reason), now);
}

bool HealthBoard::request_failed(std::size_t backend, std::string reason, Monotonic now) {
  State& state = states_[backend];
  if (++state.failures < options_.failures_limit) return false;
  if (state.without_draining != Condition::kHealthy || !may_eject_one()) return false;
  const auto time = options_.ejection * (1U << std::min(state.ejections, 16U));
  state.ejected_until = now + std::min(time, options_.ejection_max);
  state.failures = 0;
  ++state.ejections;
  return set(state, Condition::kEjected, std::move(reason), now);
}

bool HealthBoard::set_draining(std::size_t backend, bool draining, Monotonic now) {
  State& state = states_[backend];
  state.draining = draining;
  return show(state, now);
}

void HealthBoard::take_in(std::size_t backend, Monotonic now) {
  if (backend == states_.size()) states_.emplace_back();
  states_[backend] = State();
  states_[backend].health.since = now;
}

bool HealthBoard::tick(Monotonic now) {
  bool changed = false;
  for (State& state : states_) {
    if (state.without_draining == Condition::kEjected && now >= state.ejected_until)
      changed |= set(state, Condition::kHealthy, "", now);
    // A backend that behaved for as long as the longest ejection has its past forgiven.
    if (state.ejections != 0 && state.without_draining == Condition::kHealthy &&
        now >= state.ejected_until + options_.ejection_max)
      state.ejections = 0;
  }
  return changed;
}

bool HealthBoard::set(State& state, Condition condition, std::string reason, Monotonic now) {
  state.without_draining = condition;
  state.reason = std::move(reason);
  return show(state, now);
}

bool HealthBoard::show(State& state, Monotonic now) {
  const Condition shown = state.draining ? Condition::kDraining : state.without_draining;
  state.health.reason = state.draining ? "draining" : state.reason;
  if (shown == state.health.condition) return false;
  state.health.condition = shown;
  state.health.since = now;
  return true;
}

bool HealthBoard::may_eject_one() const {
  std::size_t there = 0, ejected = 0;
  for (const State& state : states_) {
    if (state.draining) continue;
    ++there;
    if (state.without_draining == Condition::kEjected) ++ejected;
  }
  return (ejected + 1) * 2 <= there;
}

}  // namespace bramble::balance
