// SPDX-License-Identifier: Apache-2.0
#include "balance/backend.hh"

#include <algorithm>

namespace bramble::balance {
namespace {

constexpr std::chrono::minutes kRoundTripHolds{5};  // paths change

}  // namespace

void Backend::set_options(const BackendOptions& options, std::chrono::milliseconds pool_idle) {
  options_ = options;
  pool_idle_ = pool_idle;
  if (options_.leaving) close_idle();
}

std::chrono::microseconds Backend::shortest_round_trip(std::chrono::microseconds seen,
                                                       Monotonic now) {
  const bool old = now - round_trip_seen_ > kRoundTripHolds;
  if (seen.count() != 0 && (old || round_trip_.count() == 0 || seen <= round_trip_)) {
    round_trip_ = seen;
    round_trip_seen_ = now;
  }
  return round_trip_;
}

BackendConnection* Backend::take_idle() {
  while (!idle_.empty() && idle_.back()->stirs()) idle_.back()->close();
  if (idle_.empty()) return nullptr;
  BackendConnection* connection = idle_.back();
  idle_.pop_back();
  counters_->idle.set(idle_.size());
  return connection;
}

void Backend::keep(BackendConnection& connection) {
  idle_.push_back(&connection);
  counters_->idle.set(idle_.size());
}

void Backend::drop(BackendConnection& connection) {
  std::erase(idle_, &connection);
  counters_->idle.set(idle_.size());
}

void Backend::close_idle() {
  while (!idle_.empty()) idle_.back()->close();
}

}  // namespace bramble::balance
