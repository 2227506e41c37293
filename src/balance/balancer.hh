// SPDX-License-Identifier: Apache-2.0
// The whole balancer: a loop thread a worker, and the control side on the calling thread, which
// checks the backends, judges their health, and hears signals.
//
//     control thread   checks ─► HealthBoard ─► conditions ──post──► worker, worker, …
//                                    ▲                                  │
//                                    └────────── reports ◄────post──────┘
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "balance/admin.hh"
#include "balance/check.hh"
#include "balance/health.hh"
#include "balance/options.hh"
#include "balance/worker.hh"
#include "net/loop.hh"
#include "net/signals.hh"

namespace bramble::balance {

class Balancer {
 public:
  // Listens when it returns.
  static Result<std::unique_ptr<Balancer>> create(BalanceOptions options);
  ~Balancer();

  // With the real ports.
  const std::vector<Address>& listening() const { return listening_; }
  const std::vector<Address>& admin_listening() const { return admin_listening_; }

  // Blocks until SIGTERM or SIGINT came and what was under way is done, or its time is over.
  void run();

  // For the status page: on the control thread. ---------------------------------------------------
  const BalanceOptions& options() const { return options_; }
  const HealthBoard& health() const { return board_; }
  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
  bool draining() const { return draining_; }
  Monotonic began() const { return began_; }
  Monotonic now() const { return control().now(); }
  std::uint64_t log_bytes_dropped() const { return log_ ? log_->dropped_bytes() : 0; }

 private:
  Balancer(BalanceOptions options, std::vector<std::unique_ptr<Loop>> loops);
  Result<void> open();
  Result<void> listen();
  void make_workers();

  Loop& control() const { return *loops_.front(); }
  void on_check(std::size_t backend, const CheckResult& result);
  void on_report(std::size_t backend, Report report, std::string reason);
  void conditions_changed(std::size_t backend);
  void broadcast();
  void tick();
  void on_signal(int signal);
  void drain();
  void stop();

  const BalanceOptions options_;
  std::unique_ptr<LogWriter> log_;
  std::vector<std::unique_ptr<Loop>> loops_;  // control first, then one a worker
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Check>> checks_;
  std::vector<Address> listening_;
  std::vector<Address> admin_listening_;
  std::unique_ptr<Signals> signals_;
  HealthBoard board_;
  Monotonic began_;
  std::unique_ptr<Admin> admin_;
  bool draining_ = false;
  std::size_t drained_ = 0;
  TimerOf<Balancer> ticker_;
  TimerOf<Balancer> deadline_;
};

}  // namespace bramble::balance
