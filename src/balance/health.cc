// SPDX-License-Identifier: Apache-2.0
#include "balance/health.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bramble::balance {
namespace {

constexpr double kFading = 0.93;                    // a half each 5 s, told each 500 ms
constexpr std::chrono::seconds kForgivenAfter{60};  // one ejection, of who behaves

}  // namespace

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
  return eject(state, std::move(reason), now);
}

bool HealthBoard::eject(State& state, std::string reason, Monotonic now) {
  if (state.without_draining != Condition::kHealthy || !may_eject_one(state.backup)) return false;
  const auto time = options_.ejection * (1U << std::min(state.ejections, 16U));
  state.ejected_until = now + std::min(time, options_.ejection_max);
  state.failures = 0;
  ++state.ejections;
  ++state.health.ejections;
  state.lately = {};
  return set(state, Condition::kEjected, std::move(reason), now);
}

bool HealthBoard::set_draining(std::size_t backend, bool draining, Monotonic now) {
  State& state = states_[backend];
  state.draining = draining;
  return show(state, now);
}

bool HealthBoard::node_says(std::size_t backend, const Word& word, Monotonic now) {
  State& state = states_[backend];
  const bool other_strength = std::exchange(state.health.strength, word.strength) != word.strength;
  state.health.says = word.says;
  state.says_draining = word.draining;
  return show(state, now) || other_strength;
}

bool HealthBoard::traffic(std::span<const Traffic> totals, Monotonic now) {
  Traffic all;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    State& state = states_[i];
    // Counters that begin anew are lower than before.
    const Traffic before = totals[i].asked < state.told.asked ? Traffic{} : state.told;
    state.told = totals[i];
    state.lately.asked = state.lately.asked * kFading + totals[i].asked - before.asked;
    state.lately.failed = state.lately.failed * kFading + totals[i].failed - before.failed;
    all.asked += state.lately.asked;
    all.failed += state.lately.failed;
  }
  bool changed = false;
  for (State& state : states_)
    if (fails_more_than_others(state, all))
      changed |= eject(state,
                       fmt::format("{:.0f} % of its requests failed",
                                   100 * state.lately.failed / state.lately.asked),
                       now);
  return changed;
}

// What fails everywhere alike is not the fault of one.
bool HealthBoard::fails_more_than_others(const State& state, const Traffic& all) const {
  const Traffic& its = state.lately;
  if (its.failed < options_.failures_least || its.failed < options_.failures_share * its.asked)
    return false;
  const double others_asked = all.asked - its.asked;
  if (others_asked < options_.failures_least) return false;
  return its.failed / its.asked > 2 * (all.failed - its.failed) / others_asked;
}

void HealthBoard::take_in(std::size_t backend, Monotonic now) {
  if (backend == states_.size()) states_.emplace_back();
  states_[backend] = State();
  states_[backend].health.since = now;
}

bool HealthBoard::tick(Monotonic now) {
  bool changed = false;
  for (State& state : states_) {
    const Group its = group(state.backup);
    const bool needed = its.healthy == 0 && its.there > 1;
    if (state.without_draining == Condition::kEjected && (needed || now >= state.ejected_until))
      changed |= set(state, Condition::kHealthy, "", now);
    const Monotonic well_since = std::max(state.ejected_until, state.forgiven);
    if (state.ejections != 0 && state.without_draining == Condition::kHealthy &&
        now - well_since >= kForgivenAfter) {
      --state.ejections;
      state.forgiven = now;
    }
  }
  return changed;
}

bool HealthBoard::set(State& state, Condition condition, std::string reason, Monotonic now) {
  state.without_draining = condition;
  state.reason = std::move(reason);
  return show(state, now);
}

bool HealthBoard::show(State& state, Monotonic now) {
  const bool draining = state.draining || state.says_draining;
  const Condition shown = draining ? Condition::kDraining : state.without_draining;
  state.health.reason = draining ? "draining" : state.reason;
  if (shown == state.health.condition) return false;
  state.health.condition = shown;
  state.health.since = now;
  return true;
}

HealthBoard::Group HealthBoard::group(bool backups) const {
  Group group;
  for (const State& state : states_) {
    if (state.backup != backups || state.draining || state.says_draining) continue;
    ++group.there;
    if (state.without_draining == Condition::kHealthy) ++group.healthy;
  }
  return group;
}

// One that is alone has the others in its place.
bool HealthBoard::may_eject_one(bool backups) const {
  const Group its = group(backups);
  if (its.there == 1) return group(!backups).healthy > 0;
  return its.healthy > 0 && (its.there - its.healthy + 1) * 2 <= its.there;
}

}  // namespace bramble::balance
