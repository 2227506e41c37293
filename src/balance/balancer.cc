// SPDX-License-Identifier: Apache-2.0
#include "balance/balancer.hh"

#include <signal.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/log.hh"
#include "base/sd_notify.hh"
#include "net/socket.hh"
#include "net/threads.hh"

namespace bramble::balance {
namespace {

constexpr std::chrono::milliseconds kTick{500};

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

Result<std::unique_ptr<Balancer>> Balancer::create(BalanceOptions options) {
  if (options.threads == 0) options.threads = core_count();
  auto loops = TRY(make_loops(options.threads + 1));
  std::unique_ptr<Balancer> balancer(new Balancer(std::move(options), std::move(loops)));
  TRY(balancer->open());
  return balancer;
}

Balancer::Balancer(BalanceOptions options, std::vector<std::unique_ptr<Loop>> loops)
    : options_(std::move(options)),
      loops_(std::move(loops)),
      board_(options_.backends.size(), options_.health, control().now()),
      began_(control().now()),
      ticker_(*this, &Balancer::tick),
      deadline_(*this, &Balancer::stop) {}

Balancer::~Balancer() = default;

Result<void> Balancer::open() {
  raise_descriptor_limit();
  ignore_broken_pipes();
  // Before the first thread, so that all have them blocked.
  signals_ = TRY(Signals::watch(control(), {SIGTERM, SIGINT, SIGUSR1},
                                [this](int signal) { on_signal(signal); }));
  if (!options_.access_log.empty()) log_ = TRY(LogWriter::open(options_.access_log));
  make_workers();
  TRY(listen());
  for (std::size_t i = 0; i < options_.backends.size(); ++i)
    checks_.push_back(
        std::make_unique<Check>(control(), options_.backends[i], options_.check,
                                [this, i](const CheckResult& result) { on_check(i, result); }));
  if (!options_.admin.empty()) admin_ = std::make_unique<Admin>(control(), *this);
  for (const Address& address : options_.admin)
    admin_listening_.push_back(TRY(admin_->listen(address)));
  control().arm(ticker_, kTick);
  return {};
}

void Balancer::make_workers() {
  const Worker::Reporter report = [this](std::size_t backend, Report what, std::string reason) {
    control().post(
        [this, backend, what, why = std::move(reason)] { on_report(backend, what, why); });
  };
  for (std::size_t i = 1; i < loops_.size(); ++i)
    workers_.push_back(std::make_unique<Worker>(
        *loops_[i],
        Worker::Wiring{
            .options = options_, .log = log_.get(), .report = report, .seed = random_seed()}));
}

// A listener a worker; the first one finds the port where none was asked for.
Result<void> Balancer::listen() {
  for (Address address : options_.listen) {
    for (const auto& worker : workers_) {
      UniqueFd fd = TRY(listen_on(address, {}));
      address = TRY(local_address(fd.get()));
      TRY(worker->listen(std::move(fd)));
    }
    listening_.push_back(address);
  }
  return {};
}

void Balancer::run() {
  sd_notify("READY=1");
  run_loops(loops_);
}

void Balancer::on_check(std::size_t backend, const CheckResult& result) {
  const Monotonic now = control().now();
  const bool changed = result.passed    ? board_.check_passed(backend, now)
                       : result.refused ? board_.connection_refused(backend, result.reason, now)
                                        : board_.check_failed(backend, result.reason, now);
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
  const std::string& name = options_.backends[backend].name;
  if (health.condition == Condition::kHealthy)
    log::info("backend {} is healthy", name);
  else
    log::warning("backend {} is {}: {}", name, name_of(health.condition), health.reason);
  broadcast();
}

void Balancer::broadcast() {
  std::vector<Condition> conditions;
  for (std::size_t i = 0; i < board_.size(); ++i) conditions.push_back(board_.health(i).condition);
  for (std::size_t i = 0; i < workers_.size(); ++i)
    loops_[i + 1]->post(
        [worker = workers_[i].get(), conditions] { worker->set_conditions(conditions); });
}

void Balancer::tick() {
  control().arm(ticker_, kTick);
  if (board_.tick(control().now())) broadcast();
}

void Balancer::on_signal(int signal) {
  if (signal == SIGUSR1) {
    if (log_ == nullptr) return;
    if (const Result<void> reopened = log_->reopen(); !reopened.ok())
      log::error("access log: {}", reopened.error().what);
    return;
  }
  if (draining_) return stop();
  drain();
}

void Balancer::drain() {
  draining_ = true;
  sd_notify("STOPPING=1");
  log::info("stopping: waiting for what is under way, at most {} s",
            options_.timeouts.drain.count() / 1000);
  control().arm(deadline_, options_.timeouts.drain);
  for (std::size_t i = 0; i < workers_.size(); ++i)
    loops_[i + 1]->post([this, worker = workers_[i].get()] {
      worker->drain([this] {
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
