// SPDX-License-Identifier: Apache-2.0
// The whole balancer: a loop thread a worker, and the control side on the calling thread, which
// checks the backends, judges their health, and hears signals.
//
//     control thread   checks ─► HealthBoard ─► conditions ──post──► worker, worker, …
//                                    ▲                                  │
//                                    └────────── reports ◄────post──────┘
//
// A reload (SIGHUP, or by the control socket) reads the options anew on a thread of its own, since
// that may ask name servers; then either all of them are taken or nothing changes.
//
// An upgrade (SIGUSR2, or by the control socket) starts the program anew with our listening
// sockets; when it is ready, we drain and end. See successor.hh.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "balance/admin.hh"
#include "balance/check.hh"
#include "balance/control_socket.hh"
#include "balance/health.hh"
#include "balance/heartbeat.hh"
#include "balance/options.hh"
#include "balance/successor.hh"
#include "balance/worker.hh"
#include "net/inheritance.hh"
#include "net/loop.hh"
#include "net/signals.hh"

namespace bramble::balance {

class Balancer {
 public:
  using Reread = std::function<Result<BalanceOptions>()>;  // any thread; may block
  using Told = std::function<void(const Result<void>&)>;

  // Listens when it returns. `reread` gives the options as they are now, for a reload.
  static Result<std::unique_ptr<Balancer>> create(BalanceOptions options, Reread reread);
  ~Balancer();

  // With the real ports.
  std::vector<Address> listening() const;
  const std::vector<Address>& admin_listening() const { return admin_listening_; }

  // Blocks until SIGTERM or SIGINT came and what was under way is done, or its time is over.
  void run();

  // Control thread: told is called later, once.
  void reload(Told told);
  void upgrade(Told told);

  // For the status page: on the control thread. ---------------------------------------------------
  const BalanceOptions& options() const { return *options_; }
  bool has_left(std::size_t backend) const { return free_[backend]; }
  const HealthBoard& health() const { return board_; }
  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
  bool draining() const { return draining_; }
  Monotonic began() const { return began_; }
  Monotonic now() const { return control().now(); }
  std::size_t queued() const { return waiting_room_.taken(); }
  std::uint64_t log_bytes_dropped() const { return log_ ? log_->dropped_bytes() : 0; }

 private:
  // A place where clients come to.
  struct Entrance {
    Address wanted;  // port 0 finds a free one
    Address real;
    std::vector<int> fds;  // the workers'
  };

  // A listener a worker, bound and not yet open.
  struct Bound {
    Entrance entrance;
    std::vector<UniqueFd> fds;
  };

  Balancer(BalanceOptions options, std::vector<std::unique_ptr<Loop>> loops, Reread reread);
  Result<void> open();
  Result<void> listen();
  Result<Bound> bind(const Address& wanted);
  Result<void> listen_for_admin();
  BalanceOptions with_shared_descriptors(BalanceOptions options) const;
  void make_workers();
  Result<void> drop_privileges() const;
  void feed_watchdog();
  void make_check(std::size_t backend);

  // balancer_reload.cc
  void reload_now_or_next();
  Result<void> may_change() const;
  Result<void> take(BalanceOptions fresh);
  Result<std::vector<Bound>> bind_new(const std::vector<Address>& wanted);
  void close_old_entrances(const std::vector<Address>& wanted);
  void open_new_entrances(std::vector<Bound> bound);
  void take_backends(const BalanceOptions& before);
  void post_to_workers(const std::function<std::function<void()>(Worker&)>& call);
  void free_slots();
  void tell_what_stays(const BalanceOptions& fresh) const;

  // balancer_upgrade.cc
  std::vector<HandedSocket> sockets_to_hand_over() const;
  void hand_over_to(pid_t successor);

  Loop& control() const { return *loops_.front(); }
  void on_check(std::size_t backend, const CheckResult& result);
  void on_report(std::size_t backend, Report report, std::string reason);
  void conditions_changed(std::size_t backend);
  void broadcast();
  void tell_of_room(std::size_t from);
  void tick();
  bool watch_traffic();
  void on_signal(int signal);
  void obey(const std::string& order, Told told);
  void drain(Listener::Backlog backlog, std::chrono::milliseconds limit);
  void stop();

  std::shared_ptr<const BalanceOptions> options_;  // a snapshot; its backends by slot
  Reread reread_;
  std::uint64_t descriptors_ = 0;  // that this process may open
  std::unique_ptr<http::LogWriter> log_;
  std::vector<std::unique_ptr<Loop>> loops_;  // control first, then one a worker
  std::unique_ptr<SourceLimit> sources_;
  Seats waiting_room_;
  ByteBudget stripe_memory_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Check>> checks_;
  Inheritance inheritance_;
  Program program_;
  std::vector<Entrance> entrances_;
  std::vector<int> admin_fds_;
  std::vector<Address> admin_listening_;
  std::unique_ptr<Signals> signals_;
  HealthBoard board_;
  Monotonic began_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<ControlSocket> control_socket_;
  std::unique_ptr<Heartbeat> heartbeat_;
  std::vector<bool> free_;          // by slot: the backend has left
  std::vector<bool> quiet_;         // … nothing was under way there at the last tick
  std::size_t changes_posted_ = 0;  // to workers by reloads, and not yet made
  bool reloading_ = false;
  bool reload_again_ = false;  // SIGHUP came meanwhile
  std::thread reader_;
  std::unique_ptr<Successor> successor_;             // while it starts
  std::unique_ptr<SuccessorWatch> successor_watch_;  // once it has taken over
  bool handed_over_ = false;
  bool draining_ = false;
  std::size_t drained_ = 0;
  TimerOf<Balancer> ticker_;
  TimerOf<Balancer> deadline_;
};

}  // namespace bramble::balance
