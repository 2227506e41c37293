// SPDX-License-Identifier: Apache-2.0
// One loop thread of the balancer: its listeners, its clients, its view of the backends, its
// counters. Shares nothing with the other threads; what the control side decides comes in by
// post(), and what befalls requests goes out the same way.
//
// All members are for the loop's thread, save those that say so.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "balance/backend.hh"
#include "balance/blocks.hh"
#include "balance/counters.hh"
#include "balance/disturbance.hh"
#include "balance/load.hh"
#include "balance/options.hh"
#include "balance/picker.hh"
#include "balance/retry_budget.hh"
#include "balance/source_limit.hh"
#include "balance/usual_wait.hh"
#include "base/byte_budget.hh"
#include "http/access_log.hh"
#include "http/histogram.hh"
#include "http/request_head.hh"
#include "http/response_head.hh"
#include "net/listener.hh"
#include "net/loop.hh"
#include "net/splice.hh"

namespace bramble::balance {

class ClientConnection;
class Exchange;

// What the control side tells of a backend.
struct Standing {
  Condition condition = Condition::kHealthy;
  double strength = 1;  // of its weight, by its own word
};

// What a worker tells the control side of a backend.
enum class Report : std::uint8_t { kAnswered, kFailed, kRefused };

class Worker final : Deferred {
 public:
  // Runs on the worker's thread: it hands on to its own.
  using Reporter = std::function<void(std::size_t backend, Report, std::string reason)>;

  struct Wiring {
    std::shared_ptr<const BalanceOptions> options;
    http::LogWriter* log = nullptr;  // outlives the worker
    Reporter report;
    std::uint64_t seed = 0;
    Seats* waiting_room = nullptr;         // of all workers
    SourceLimit* sources = nullptr;        // likewise
    ByteBudget* stripe_memory = nullptr;   // likewise
    std::function<void()> room_elsewhere;  // others' requests may wait for what is free now
  };

  Worker(Loop& loop, Wiring wiring);
  ~Worker();

  // A door for clients, found again by the address that was asked for. Before the loop runs, or by
  // post().
  Result<void> listen(UniqueFd fd, const Address& address);

  // On the control thread: makes ready to take these options, and gives the call to post. Backends
  // whose slots stay keep all that is known of them.
  std::function<void()> change_to(std::shared_ptr<const BalanceOptions> options);

  // Sent by post(). ------------------------------------------------------------------------------
  void set_standings(const std::vector<Standing>& standings);
  void room_came() { serve_queue(); }  // at a backend whose limit was reached
  void close_door(const Address& address);
  // No new connections; called back when none is left.
  void drain(Listener::Backlog backlog, std::function<void()> when_done);
  void stop_now();  // what is under way is broken off

  // For exchanges and clients. --------------------------------------------------------------------
  Loop& loop() { return loop_; }
  // Of use until the callback returns: a reload replaces them.
  const BalanceOptions& options() const { return *options_; }
  const Timeouts& timeouts() const { return options_->timeouts; }
  bool draining() const { return draining_; }
  WorkerCounters& counters() { return counters_; }
  RetryBudget& retry_budget() { return retry_budget_; }
  SplicePipes& pipes() { return pipes_; }
  void give_idle_descriptors_back();  // of pipes and pools, where they are short
  BlockPool& blocks() { return blocks_; }
  ByteBudget& stripe_memory() { return *stripe_memory_; }
  // Of use until the callback returns.
  std::string& scratch() { return scratch_; }
  http::RequestHead& request_head() { return request_head_; }
  http::ResponseHead& response_head() { return response_head_; }
  Backend& backend(std::size_t index) { return *backends_[index]; }
  Load& load(std::size_t index) { return loads_[index]; }
  // How many requests are under way there, as far as one thread can tell.
  unsigned sharers_of(std::size_t index) const {
    return loads_[index].in_flight * static_cast<unsigned>(options_->threads);
  }
  Disturbance& disturbance(std::size_t index) { return disturbances_[index]; }
  unsigned& stripes() { return stripes_; }           // that are under way
  Monotonic& next_stripe() { return next_stripe_; }  // not before then
  // A backend that is to be left with request_ended(), or none: all_full() says why.
  // `seats` is whose limit it counts in, if any: it is kept until then.
  std::optional<std::size_t> begin_request(std::span<const std::size_t> tried,
                                           const Preference& preference,
                                           std::shared_ptr<Seats>& seats);
  // The same at this one; false: it is full.
  bool begin_request_at(std::size_t index, std::shared_ptr<Seats>& seats);
  void request_ended(std::size_t index, std::shared_ptr<Seats>& seats);
  // Who else may give parts of what this one gives: healthy primaries that have room.
  std::vector<std::size_t> helpers_of(std::size_t index, std::span<const std::size_t> tried) const;
  bool has_affinity() const {
    return options_->affinity.hash_by || !options_->affinity.cookie.empty();
  }
  // The Set-Cookie that makes a visitor stay; "" where it need not be told.
  std::string_view sticky_cookie_for(const Preference& preference, std::size_t index);
  bool all_full() const { return picker_.all_full(); }
  // The queue for room at a backend: with a seat, which is kept until there was room or the request
  // is over. Exchange::room_came() is called when it may try again.
  bool take_seat() { return waiting_room_->take(); }
  void enqueue(Exchange& exchange) { queue_.push_back(&exchange); }
  void leave_seat(Exchange& exchange);
  bool others_wait() const { return !queue_.empty(); }
  bool anyone_waits() const { return waiting_room_->taken() > 0; }  // at any thread
  void serve_queue_soon() { loop_.defer(*this); }
  // That are no backups, nor about to go; well or not.
  std::size_t primaries_but(std::size_t index) const;
  bool another_is_healthy(std::size_t than, std::span<const std::size_t> tried,
                          bool with_room = false) const;

  void backend_answered(std::size_t index, std::chrono::nanoseconds wait, int status);
  void backend_is_late(std::size_t index, std::chrono::nanoseconds wait) {
    waits_[index].gave_up_after(wait);
  }
  void backend_failed(std::size_t index, Report report, const std::string& reason);

  Exchange& take_exchange();
  void give_back(Exchange& exchange);
  void client_opened(ClientConnection& client);
  void client_closed(ClientConnection& client, std::optional<Source> counted_as);
  void count_status(unsigned status);

  bool logs() const { return log_ != nullptr; }
  void log(const http::AccessRecord& record);
  std::string_view next_request_id();

  // Any thread. -----------------------------------------------------------------------------------
  const WorkerCounters& counters() const { return counters_; }

  // The control thread. ---------------------------------------------------------------------------
  const BackendCounters& backend_counters(std::size_t index) const { return *shown_[index]; }

 private:
  static constexpr std::size_t kLogBytes = 64 * 1024;

  class Door;
  using Slots = std::vector<std::shared_ptr<BackendCounters>>;

  void on_turn_end() override { serve_queue(); }
  void serve_queue();
  void strengthen(std::size_t index);
  void take_options(std::shared_ptr<const BalanceOptions> options, const Slots& slots);
  void take_slot(std::size_t index, const std::shared_ptr<BackendCounters>& counters);
  void sweep_doors();  // closed ones that nobody stands in any more
  void tick();         // each second
  void measure_loop();
  void finish_if_drained();
  bool lets_in(const Address& peer);

  Loop& loop_;
  std::shared_ptr<const BalanceOptions> options_;
  http::LogWriter* log_;
  Reporter report_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<Load> loads_;
  std::vector<UsualWait> waits_;  // until their answers
  std::vector<Disturbance> disturbances_;
  std::vector<unsigned> failures_;  // in a row, by backend
  std::vector<Standing> standings_;
  std::vector<Monotonic> returned_;  // since when it is back; {}: for long
  Seats* waiting_room_;
  SourceLimit* sources_;
  ByteBudget* stripe_memory_;
  Monotonic refused_told_{};  // when a source's limit was last told of
  unsigned stripes_ = 0;
  Monotonic next_stripe_{};
  std::function<void()> room_elsewhere_;
  std::deque<Exchange*> queue_;  // who came first is served first
  Picker picker_;
  RetryBudget retry_budget_;
  SplicePipes pipes_;
  BlockPool blocks_;
  WorkerCounters counters_;
  // The control thread's: what the backends count in, and whose slots they are.
  Slots shown_;
  std::vector<BackendOptions> shown_of_;
  std::vector<char> asked_lately_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<Exchange*> idle_exchanges_;
  std::vector<ClientConnection*> clients_;
  std::string scratch_;
  http::RequestHead request_head_;
  http::ResponseHead response_head_;
  std::string log_lines_;
  http::AccessLines lines_;
  std::string cookie_;
  std::string request_id_;
  std::uint64_t request_id_seed_;
  std::uint64_t request_id_next_ = 0;
  std::array<std::chrono::nanoseconds, 15> longest_turns_{};  // of a second each
  std::size_t longest_next_ = 0;
  bool draining_ = false;
  std::function<void()> when_drained_;
  TimerOf<Worker> ticker_;
};

}  // namespace bramble::balance
