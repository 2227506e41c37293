// SPDX-License-Identifier: Apache-2.0
#include "balance/balancer.hh"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "balance/descriptors.hh"
#include "balance/slots.hh"
#include "base/log.hh"
#include "base/privileges.hh"
#include "base/sd_notify.hh"
#include "net/socket.hh"
#include "net/threads.hh"

namespace bramble::balance {
namespace {

constexpr std::chrono::milliseconds kTick{500};
constexpr std::uint16_t kLowPortsEnd = 1024;
constexpr std::size_t kConnectionsAThread = 65'536;

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

Result<std::unique_ptr<Balancer>> Balancer::create(BalanceOptions options, Reread reread) {
  Inheritance inheritance = Inheritance::take();
  if (options.listen.empty()) options.listen = inheritance.addresses(Door::kClients);
  if (options.listen.empty()) options.listen.push_back(TRY(parse_address(kListenDefault)));
  if (options.threads == 0) options.threads = core_count();
  auto loops = TRY(make_loops(options.threads + 1));
  std::unique_ptr<Balancer> balancer(
      new Balancer(std::move(options), std::move(loops), std::move(reread)));
  balancer->inheritance_ = std::move(inheritance);
  TRY(balancer->open());
  return balancer;
}

Balancer::Balancer(BalanceOptions options, std::vector<std::unique_ptr<Loop>> loops, Reread reread)
    : reread_(std::move(reread)),
      descriptors_(raise_descriptor_limit()),
      loops_(std::move(loops)),
      waiting_room_(options.queue_max),
      stripe_memory_(options.stripe.memory_max),
      board_(options.backends.size(), options.health, control().now()),
      began_(control().now()),
      free_(options.backends.size()),
      quiet_(options.backends.size()),
      ticker_(*this, &Balancer::tick),
      deadline_(*this, &Balancer::stop) {
  for (std::size_t i = 0; i < options.backends.size(); ++i)
    board_.set_backup(i, options.backends[i].backup);
  give_seats(options.backends, {});
  options_ = std::make_shared<const BalanceOptions>(with_shared_descriptors(std::move(options)));
}

Balancer::~Balancer() {
  if (reader_.joinable()) reader_.join();
}

std::vector<Address> Balancer::listening() const {
  std::vector<Address> all;
  for (const Entrance& entrance : entrances_) all.push_back(entrance.real);
  return all;
}

Result<void> Balancer::open() {
  ignore_broken_pipes();
  program_ = TRY(running_program());
  // Before the first thread, so that all have them blocked.
  signals_ = TRY(Signals::watch(control(), {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2},
                                [this](int signal) { on_signal(signal); }));
  if (!options_->access_log.empty()) log_ = TRY(http::LogWriter::open(options_->access_log));
  make_workers();
  TRY(listen());
  checks_.resize(options_->backends.size());
  for (std::size_t i = 0; i < checks_.size(); ++i) make_check(i);
  if (!options_->admin.empty()) TRY(listen_for_admin());
  TRY(drop_privileges());
  // Last: it takes the place of a predecessor's, which is to stay where we fail.
  if (!options_->control.empty()) {
    if (!inheritance_.from_predecessor()) TRY(ControlSocket::check_free(options_->control));
    control_socket_ = TRY(ControlSocket::open(
        control(), options_->control,
        [this](const std::string& order, Told told) { obey(order, std::move(told)); }));
  }
  inheritance_.close_unclaimed();
  control().arm(ticker_, kTick);
  return {};
}

BalanceOptions Balancer::with_shared_descriptors(BalanceOptions options) const {
  const std::size_t wanted = options.connections_max != 0 ? options.connections_max
                                                          : kConnectionsAThread * options.threads;
  const DescriptorShares shares = share_descriptors(descriptors_, wanted);
  options.connections_max = shares.clients;
  options.thread_pipes_max = std::max<std::size_t>(1, shares.pipes / options.threads);
  const std::size_t doors = options.threads * std::max<std::size_t>(1, options.listen.size());
  options.door_connections_max = std::max<std::size_t>(1, options.connections_max / doors);
  return options;
}

void Balancer::make_check(std::size_t backend) {
  checks_[backend] = std::make_unique<Check>(
      control(), options_->backends[backend], options_->check,
      [this, backend](const CheckResult& result) { on_check(backend, result); });
}

void Balancer::make_workers() {
  const std::size_t quarter = std::max<std::size_t>(1, options_->connections_max / 4);
  sources_ = std::make_unique<SourceLimit>(options_->source_connections_max.value_or(quarter));
  const Worker::Reporter report = [this](std::size_t backend, Report what, std::string reason) {
    control().post(
        [this, backend, what, why = std::move(reason)] { on_report(backend, what, why); });
  };
  for (std::size_t i = 1; i < loops_.size(); ++i)
    workers_.push_back(std::make_unique<Worker>(
        *loops_[i], Worker::Wiring{.options = options_,
                                   .log = log_.get(),
                                   .report = report,
                                   .seed = random_seed(),
                                   .waiting_room = &waiting_room_,
                                   .sources = sources_.get(),
                                   .stripe_memory = &stripe_memory_,
                                   .room_elsewhere = [this, i] { tell_of_room(i); }}));
}

// The first listener finds the port where none was asked for.
Result<Balancer::Bound> Balancer::bind(const Address& wanted) {
  Bound bound{.entrance = {.wanted = wanted, .real = wanted},
              .fds = inheritance_.claim(Door::kClients, wanted)};
  if (!bound.fds.empty()) bound.entrance.real = TRY(local_address(bound.fds.front().get()));
  while (bound.fds.size() < workers_.size()) {
    Result<UniqueFd> fd = listen_on(bound.entrance.real, {});
    if (!fd.ok() && bound.fds.empty()) return fd.error();
    // An inherited socket that lets none beside it is shared.
    bound.fds.push_back(fd.ok() ? *std::move(fd) : TRY(duplicate(bound.fds.front().get())));
    bound.entrance.real = TRY(local_address(bound.fds.back().get()));
  }
  for (const UniqueFd& fd : bound.fds) bound.entrance.fds.push_back(fd.get());
  return bound;
}

Result<void> Balancer::listen() {
  TRY(check_free(options_->listen, inheritance_.addresses(Door::kClients)));
  for (const Address& address : options_->listen) {
    Bound bound = TRY(bind(address));
    for (std::size_t i = 0; i < bound.fds.size(); ++i)
      TRY(workers_[i % workers_.size()]->listen(std::move(bound.fds[i]), bound.entrance.wanted));
    entrances_.push_back(bound.entrance);
  }
  return {};
}

Result<void> Balancer::listen_for_admin() {
  admin_ = std::make_unique<Admin>(control(), *this);
  for (const Address& address : options_->admin) {
    std::vector<UniqueFd> inherited = inheritance_.claim(Door::kAdmin, address);
    if (inherited.empty())
      inherited.push_back(TRY(listen_on(address, {.share_port = false, .free_bind = true})));
    admin_fds_.push_back(inherited.front().get());
    admin_listening_.push_back(TRY(admin_->listen(std::move(inherited.front()))));
  }
  return {};
}

void Balancer::run() {
  if (inheritance_.from_predecessor())
    inheritance_.tell_ready();  // and it tells systemd who we are
  else
    sd_notify("READY=1");
  feed_watchdog();
  run_loops(loops_);
}

// All is bound that the options ask for; a reload may ask for more. The log is opened anew by a
// rotation, and by the program after us.
Result<void> Balancer::drop_privileges() const {
  if (options_->user.empty()) return {};
  if (log_ != nullptr && ::geteuid() == 0) {
    const User user = TRY(find_user(options_->user));
    TRY(log_->give_to(user.id, user.group));
  }
  const bool low = std::ranges::any_of(
      entrances_, [](const Entrance& entrance) { return entrance.real.port() < kLowPortsEnd; });
  return become_user(options_->user, low ? Keep::kLowPorts : Keep::kNothing);
}

// Three times as often as it must be, so that one late beat does not end us.
void Balancer::feed_watchdog() {
  const auto time = watchdog_time();
  if (!time) return;
  std::vector<Loop*> others;
  for (std::size_t i = 1; i < loops_.size(); ++i) others.push_back(loops_[i].get());
  heartbeat_ = std::make_unique<Heartbeat>(control(), std::move(others), *time / 3,
                                           [] { sd_notify("WATCHDOG=1"); });
}

void Balancer::on_check(std::size_t backend, const CheckResult& result) {
  const Monotonic now = control().now();
  bool changed = result.passed    ? board_.check_passed(backend, now)
                 : result.refused ? board_.connection_refused(backend, result.reason, now)
                                  : board_.check_failed(backend, result.reason, now);
  if (result.passed) changed |= board_.node_says(backend, result.word, now);
  if (changed) conditions_changed(backend);
}

void Balancer::on_report(std::size_t backend, Report report, std::string reason) {
  const Monotonic now = control().now();
  bool changed = false;
  switch (report) {
    case Report::kAnswered:
      board_.request_answered(backend);
      break;
    case Report::kFailed:
      changed = board_.request_failed(backend, std::move(reason), now);
      break;
    case Report::kRefused:
      changed = board_.connection_refused(backend, std::move(reason), now);
      break;
  }
  if (changed) conditions_changed(backend);
}

void Balancer::conditions_changed(std::size_t backend) {
  const Health& health = board_.health(backend);
  const std::string& name = options_->backends[backend].name;
  if (health.condition == Condition::kHealthy)
    log::info("backend {} is healthy{}{}", name, health.says.empty() ? "" : ", but ", health.says);
  else
    log::warning("backend {} is {}: {}", name, name_of(health.condition), health.reason);
  broadcast();
}

// Runs on the thread of loop `from`.
void Balancer::tell_of_room(std::size_t from) {
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (i + 1 != from) loops_[i + 1]->post([worker = workers_[i].get()] { worker->room_came(); });
}

void Balancer::broadcast() {
  std::vector<Standing> standings;
  for (std::size_t i = 0; i < board_.size(); ++i)
    standings.push_back(
        {.condition = board_.health(i).condition, .strength = board_.health(i).strength});
  for (std::size_t i = 0; i < workers_.size(); ++i)
    loops_[i + 1]->post(
        [worker = workers_[i].get(), standings] { worker->set_standings(standings); });
}

void Balancer::tick() {
  control().arm(ticker_, kTick);
  const bool back = board_.tick(control().now());
  if (watch_traffic() || back) broadcast();
  free_slots();
}

// Whether a backend was ejected for its share of failures.
bool Balancer::watch_traffic() {
  std::vector<Traffic> totals(board_.size());
  std::vector<std::uint64_t> ejections;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    ejections.push_back(board_.health(i).ejections);
    for (const auto& worker : workers_) {
      const BackendCounters& counters = worker->backend_counters(i);
      const auto failed = static_cast<double>(counters.failures.value());
      totals[i].failed += failed + static_cast<double>(counters.statuses[5].value());
      totals[i].asked += failed;
      for (const http::Counter& answers : counters.statuses)
        totals[i].asked += static_cast<double>(answers.value());
    }
  }
  if (!board_.traffic(totals, control().now())) return false;
  for (std::size_t i = 0; i < totals.size(); ++i)
    if (board_.health(i).ejections != ejections[i])
      log::warning("backend {} is ejected: {}", options_->backends[i].name,
                   board_.health(i).reason);
  return true;
}

void Balancer::on_signal(int signal) {
  if (signal == SIGUSR1) {
    if (log_ == nullptr) return;
    if (const Result<void> reopened = log_->reopen(); !reopened.ok())
      log::error("access log: {}", reopened.error().what);
    return;
  }
  if (signal == SIGHUP) return reload_now_or_next();
  if (signal == SIGUSR2) return upgrade([](const Result<void>&) {});
  successor_.reset();
  if (draining_ && !std::exchange(handed_over_, false)) return stop();
  if (draining_) return control().arm(deadline_, options_->timeouts.drain);
  sd_notify("STOPPING=1");
  log::info("stopping: waiting for what is under way, at most {} s",
            options_->timeouts.drain.count() / 1000);
  drain(Listener::Backlog::kTake, options_->timeouts.drain);
}

void Balancer::obey(const std::string& order, Told told) {
  if (order == "reload") return reload(std::move(told));
  if (order == "upgrade") return upgrade(std::move(told));
  told(failure(fmt::format("\"{}\" is no order: reload and upgrade are", order)));
}

void Balancer::drain(Listener::Backlog backlog, std::chrono::milliseconds limit) {
  draining_ = true;
  control().arm(deadline_, limit);
  for (std::size_t i = 0; i < workers_.size(); ++i)
    loops_[i + 1]->post([this, backlog, worker = workers_[i].get()] {
      worker->drain(backlog, [this] {
        control().post([this] {
          if (++drained_ == workers_.size()) stop();
        });
      });
    });
}

// Each loop stops after what was posted to it: its worker breaks off what is left.
void Balancer::stop() {
  for (std::size_t i = 0; i < workers_.size(); ++i)
    loops_[i + 1]->post([this, worker = workers_[i].get(), i] {
      worker->stop_now();
      loops_[i + 1]->stop();
    });
  control().stop();
}

}  // namespace bramble::balance
