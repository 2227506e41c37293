// SPDX-License-Identifier: Apache-2.0
#include "balance/worker.hh"

#include <algorithm>
#include <array>
#include <utility>

#include "balance/client_connection.hh"
#include "balance/exchange.hh"
#include "balance/slots.hh"

namespace bramble::balance {
namespace {

constexpr std::chrono::seconds kTick{1};

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

// A listener's door to its worker.
class Worker::Door final : Acceptor {
 public:
  Door(Worker& worker, UniqueFd fd, const Address& address)
      : worker_(worker),
        address_(address),
        listener_(worker.loop(), std::move(fd), *this, worker.options().connections_max) {}
  Listener& listener() { return listener_; }
  const Address& address() const { return address_; }
  bool forsaken() const { return !listener_.is_open() && listener_.connections() == 0; }

 private:
  void on_connection(UniqueFd fd, const Address& peer) override {
    ClientConnection::open(worker_, listener_, std::move(fd), peer);
  }

  Worker& worker_;
  const Address address_;
  Listener listener_;
};

Worker::Worker(Loop& loop, Wiring wiring)
    : loop_(loop),
      options_(std::move(wiring.options)),
      log_(wiring.log),
      report_(std::move(wiring.report)),
      picker_(options_->policy, wiring.seed),
      request_id_seed_(wiring.seed),
      ticker_(*this, &Worker::tick) {
  change_to(options_)();
  loop_.arm(ticker_, kTick);
}

// Connections destroy themselves at the end of a turn: one more is for them.
Worker::~Worker() {
  stop_now();
  for (const auto& backend : backends_) backend->close_idle();
  doors_.clear();
  loop_.post([this] { loop_.stop(); });
  loop_.run();
  if (log_ != nullptr) log_->hand_over(log_lines_);
}

Result<void> Worker::listen(UniqueFd fd, const Address& address) {
  doors_.push_back(std::make_unique<Door>(*this, std::move(fd), address));
  return doors_.back()->listener().open();
}

void Worker::close_door(const Address& address) {
  for (const auto& door : doors_)
    if (door->address() == address) door->listener().close();
  sweep_doors();
}

void Worker::sweep_doors() {
  std::erase_if(doors_, [](const std::unique_ptr<Door>& door) { return door->forsaken(); });
}

std::function<void()> Worker::change_to(std::shared_ptr<const BalanceOptions> options) {
  const std::vector<BackendOptions>& backends = options->backends;
  for (std::size_t i = 0; i < backends.size(); ++i) {
    if (i == shown_.size())
      shown_.push_back(std::make_shared<BackendCounters>());
    else if (i >= shown_of_.size() || !same_backend(shown_of_[i], backends[i]))
      shown_[i] = std::make_shared<BackendCounters>();
  }
  shown_of_ = backends;
  return [this, options = std::move(options), slots = shown_] { take_options(options, slots); };
}

void Worker::take_options(std::shared_ptr<const BalanceOptions> options, const Slots& slots) {
  options_ = std::move(options);
  backends_.resize(slots.size());
  loads_.resize(slots.size());
  failures_.resize(slots.size());
  asked_lately_.resize(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (backends_[i] == nullptr || !backends_[i]->counts_in(*slots[i])) {
      backends_[i] = std::make_unique<Backend>(i, slots[i]);
      loads_[i] = Load();
      failures_[i] = 0;
    }
    const BackendOptions& backend = options_->backends[i];
    backends_[i]->set_options(backend, timeouts().pool_idle);
    loads_[i].backup = backend.backup;
    loads_[i].weight = backend.weight;
  }
  picker_.set_policy(options_->policy);
  picker_.conditions_changed();
}

void Worker::set_conditions(const std::vector<Condition>& conditions) {
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    loads_[i].condition = conditions[i];
    if (conditions[i] != Condition::kHealthy) backends_[i]->close_idle();
  }
  picker_.conditions_changed();
}

void Worker::drain(Listener::Backlog backlog, std::function<void()> when_done) {
  draining_ = true;
  drain_ticks_ = 0;
  when_drained_ = std::move(when_done);
  for (const auto& door : doors_) door->listener().close(backlog);
  finish_if_drained();
}

void Worker::stop_now() {
  draining_ = true;
  const std::vector<ClientConnection*> clients = clients_;
  for (ClientConnection* client : clients) client->stop_now();
}

void Worker::backend_answered(std::size_t index, std::chrono::nanoseconds wait) {
  loads_[index].answered_after(wait);
  asked_lately_[index] = 1;
  backends_[index]->counters().latency_nanoseconds.set(
      static_cast<std::uint64_t>(loads_[index].latency.count()));
  if (std::exchange(failures_[index], 0) != 0) report_(index, Report::kAnswered, {});
}

void Worker::backend_failed(std::size_t index, Report report, const std::string& reason) {
  backends_[index]->counters().failures.add();
  ++failures_[index];
  if (report == Report::kRefused && loads_[index].condition == Condition::kHealthy) {
    loads_[index].condition = Condition::kRefusing;  // at once; the others hear of it by the board
    picker_.conditions_changed();
  }
  report_(index, report, reason);
}

bool Worker::another_is_healthy(std::size_t than, std::span<const std::size_t> tried) const {
  for (std::size_t i = 0; i < loads_.size(); ++i)
    if (i != than && loads_[i].condition == Condition::kHealthy &&
        std::ranges::find(tried, i) == tried.end())
      return true;
  return false;
}

Exchange& Worker::take_exchange() {
  if (idle_exchanges_.empty()) {
    exchanges_.push_back(std::make_unique<Exchange>(*this));
    return *exchanges_.back();
  }
  Exchange* exchange = idle_exchanges_.back();
  idle_exchanges_.pop_back();
  return *exchange;
}

void Worker::give_back(Exchange& exchange) { idle_exchanges_.push_back(&exchange); }

void Worker::client_opened(ClientConnection& client) {
  client.slot = clients_.size();
  clients_.push_back(&client);
  counters_.connections.add();
  counters_.open.set(clients_.size());
}

void Worker::client_closed(ClientConnection& client) {
  clients_.back()->slot = client.slot;
  std::swap(clients_[client.slot], clients_.back());
  clients_.pop_back();
  counters_.open.set(clients_.size());
  client.listener().connection_closed();
  finish_if_drained();
}

void Worker::count_status(unsigned status) {
  counters_.statuses[std::min<std::size_t>(status / 100, counters_.statuses.size() - 1)].add();
}

void Worker::log(const AccessRecord& record) {
  counters_.log_lines.add();
  lines_.append(log_lines_, record);
  if (log_lines_.size() >= kLogBytes) log_->hand_over(log_lines_);
}

std::string_view Worker::next_request_id() {
  request_id_.clear();
  for (const std::uint64_t part : {request_id_seed_, request_id_next_})
    for (int shift = 60; shift >= 0; shift -= 4) request_id_ += kHexDigits[(part >> shift) & 15U];
  ++request_id_next_;
  return request_id_;
}

void Worker::tick() {
  loop_.arm(ticker_, kTick);
  sweep_doors();
  if (log_ != nullptr) log_->hand_over(log_lines_);
  for (std::size_t i = 0; i < loads_.size(); ++i)
    if (std::exchange(asked_lately_[i], 0) == 0) loads_[i].forget_a_little();
  // Keep-alive clients had a second to learn with an answer that this was the last one.
  if (draining_ && ++drain_ticks_ == kIdleDrainTicks) {
    const std::vector<ClientConnection*> clients = clients_;
    for (ClientConnection* client : clients) client->drain();
  }
}

void Worker::finish_if_drained() {
  if (!draining_ || !clients_.empty() || !when_drained_) return;
  if (log_ != nullptr) log_->hand_over(log_lines_);
  std::exchange(when_drained_, {})();
}

}  // namespace bramble::balance
