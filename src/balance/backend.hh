// SPDX-License-Identifier: Apache-2.0
// A backend as one loop thread sees it: its options, its counters, and its idle connections, of
// which the one used last is taken first (the others get the chance to end). Belongs to that
// thread.
#pragma once

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "balance/backend_connection.hh"
#include "balance/counters.hh"
#include "balance/options.hh"

namespace bramble::balance {

class Backend {
 public:
  static constexpr std::size_t kIdleMax = 1024;

  // The control side reads the counters, and may do so for longer than the backend is there.
  Backend(std::size_t index, std::shared_ptr<BackendCounters> counters)
      : index_(index), counters_(std::move(counters)) {}

  void set_options(const BackendOptions& options, std::chrono::milliseconds pool_idle);

  std::size_t index() const { return index_; }
  const BackendOptions& options() const { return options_; }
  BackendCounters& counters() { return *counters_; }
  bool counts_in(const BackendCounters& counters) const { return counters_.get() == &counters; }
  std::chrono::milliseconds pool_idle() const { return pool_idle_; }

  // Of all that its connections saw lately, this one too; 0: not known.
  std::chrono::microseconds shortest_round_trip(std::chrono::microseconds seen, Monotonic now);

  // The pool. nullptr: no connection is idle.
  BackendConnection* take_idle();
  bool has_room() const { return idle_.size() < kIdleMax && !options_.leaving; }
  void keep(BackendConnection& connection);
  void drop(BackendConnection& connection);  // it ends in the pool
  void close_idle();

 private:
  std::size_t index_;
  BackendOptions options_;
  std::chrono::milliseconds pool_idle_{0};
  std::shared_ptr<BackendCounters> counters_;
  std::vector<BackendConnection*> idle_;
  std::chrono::microseconds round_trip_{0};
  Monotonic round_trip_seen_{};
};

}  // namespace bramble::balance
