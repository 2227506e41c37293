// SPDX-License-Identifier: Apache-2.0
#include "balance/worker.hh"

#include <algorithm>
#include <array>
#include <utility>

#include "balance/client_connection.hh"
#include "balance/exchange.hh"
#include "balance/hashing.hh"
#include "balance/slots.hh"
#include "base/log.hh"
#include "net/socket.hh"

namespace bramble::balance {
namespace {

constexpr std::chrono::seconds kTick{1};
constexpr std::chrono::seconds kRefusedToldEvery{10};
constexpr double kSlowStartShare = 0.1;  // of its weight, in the first second

void count_by_hundreds(std::array<http::Counter, 6>& statuses, std::size_t status) {
  statuses[std::min(status / 100, statuses.size() - 1)].add();
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

// A listener's door to its worker.
class Worker::Door final : Acceptor {
 public:
  Door(Worker& worker, UniqueFd fd, const Address& address)
      : worker_(worker),
        address_(address),
        listener_(worker.loop(), std::move(fd), *this, worker.options().door_connections_max) {}
  Listener& listener() { return listener_; }
  const Address& address() const { return address_; }
  bool forsaken() const { return !listener_.is_open() && listener_.connections() == 0; }

 private:
  void on_connection(UniqueFd fd, const Address& peer) override {
    if (worker_.lets_in(peer))
      ClientConnection::open(worker_, listener_, std::move(fd), peer);
    else
      turn_away(std::move(fd));
  }

  // With a reset, which costs nobody anything.
  void turn_away(UniqueFd fd) {
    set_reset_on_close(fd.get());
    fd.reset();
    listener_.connection_closed();
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
      waiting_room_(wiring.waiting_room),
      sources_(wiring.sources),
      stripe_memory_(wiring.stripe_memory),
      room_elsewhere_(std::move(wiring.room_elsewhere)),
      picker_(options_->policy, wiring.seed),
      lines_(options_->log_format),
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
  const bool reloads = !backends_.empty();
  options_ = std::move(options);
  backends_.resize(slots.size());
  loads_.resize(slots.size());
  waits_.resize(slots.size());
  disturbances_.resize(slots.size());
  failures_.resize(slots.size());
  standings_.resize(slots.size());
  returned_.resize(slots.size());
  asked_lately_.resize(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const bool is_new = backends_[i] == nullptr || !backends_[i]->counts_in(*slots[i]);
    take_slot(i, slots[i]);
    if (is_new && reloads) returned_[i] = loop_.now();
    strengthen(i);
  }
  pipes_.set_most(options_->thread_pipes_max);
  lines_ = http::AccessLines(options_->log_format);
  picker_.set_policy(options_->policy);
  picker_.conditions_changed();
  serve_queue_soon();
}

void Worker::take_slot(std::size_t index, const std::shared_ptr<BackendCounters>& counters) {
  if (backends_[index] == nullptr || !backends_[index]->counts_in(*counters)) {
    backends_[index] = std::make_unique<Backend>(index, counters);
    loads_[index] = Load();
    waits_[index] = UsualWait();
    disturbances_[index] = Disturbance();
    failures_[index] = 0;
    standings_[index] = Standing();
    returned_[index] = {};
  }
  const BackendOptions& backend = options_->backends[index];
  backends_[index]->set_options(backend, timeouts().pool_idle);
  Load& load = loads_[index];
  load.backup = backend.backup;
  load.weight = backend.weight;
  load.identity = hash_of(backend.name);
  load.seats = backend.seats.get();
}

void Worker::set_standings(const std::vector<Standing>& standings) {
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    const Condition before = std::exchange(loads_[i].condition, standings[i].condition);
    standings_[i] = standings[i];
    if (standings[i].condition != Condition::kHealthy)
      backends_[i]->close_idle();
    else if (before != Condition::kHealthy)
      returned_[i] = loop_.now();
    strengthen(i);
  }
  picker_.conditions_changed();
  serve_queue_soon();
}

// A backend that came back has cold caches: its share grows from a tenth to the whole.
void Worker::strengthen(std::size_t index) {
  double grown = 1;
  if (returned_[index] != Monotonic{}) {
    const std::chrono::duration<double> back = loop_.now() - returned_[index];
    const std::chrono::duration<double> whole = timeouts().slow_start;
    if (back < whole)
      grown = kSlowStartShare + (1 - kSlowStartShare) * (back / whole);
    else
      returned_[index] = {};
  }
  loads_[index].strength = grown * standings_[index].strength;
}

std::optional<std::size_t> Worker::begin_request(std::span<const std::size_t> tried,
                                                 const Preference& preference,
                                                 std::shared_ptr<Seats>& seats) {
  for (;;) {
    seats = nullptr;
    const std::optional<std::size_t> picked = picker_.pick(loads_, tried, preference);
    if (!picked) return std::nullopt;
    if (begin_request_at(*picked, seats)) return picked;  // else another thread was faster
  }
}

bool Worker::begin_request_at(std::size_t index, std::shared_ptr<Seats>& seats) {
  seats = options_->backends[index].seats;
  if (seats != nullptr && !seats->take()) return seats = nullptr, false;
  BackendCounters& counters = backends_[index]->counters();
  counters.requests.add();
  counters.in_flight.set(++loads_[index].in_flight);
  return true;
}

std::vector<std::size_t> Worker::helpers_of(std::size_t index,
                                            std::span<const std::size_t> tried) const {
  std::vector<std::size_t> helpers;
  if (loads_[index].backup) return helpers;
  for (std::size_t i = 0; i < loads_.size(); ++i)
    if (i != index && loads_[i].condition == Condition::kHealthy && !loads_[i].backup &&
        !loads_[i].full() && std::ranges::find(tried, i) == tried.end())
      helpers.push_back(i);
  return helpers;
}

void Worker::request_ended(std::size_t index, std::shared_ptr<Seats>& seats) {
  backends_[index]->counters().in_flight.set(--loads_[index].in_flight);
  if (seats == nullptr) return;
  std::exchange(seats, nullptr)->give_back();
  if (!queue_.empty()) serve_queue_soon();
  if (waiting_room_->taken() > queue_.size()) room_elsewhere_();
}

std::string_view Worker::sticky_cookie_for(const Preference& preference, std::size_t index) {
  const std::uint64_t identity = loads_[index].identity;
  if (options_->affinity.cookie.empty() || preference.identity == identity) return {};
  cookie_ = sticky_cookie(options_->affinity.cookie, identity);
  return cookie_;
}

void Worker::leave_seat(Exchange& exchange) {
  std::erase(queue_, &exchange);
  waiting_room_->give_back();
}

// Each has one try: who finds none waits on, behind the others.
void Worker::serve_queue() {
  for (std::size_t tries = queue_.size(); tries > 0 && !queue_.empty(); --tries) {
    if (!picker_.has_room(loads_)) return;
    Exchange& first = *queue_.front();
    queue_.pop_front();
    first.room_came();
  }
}

void Worker::drain(Listener::Backlog backlog, std::function<void()> when_done) {
  draining_ = true;
  when_drained_ = std::move(when_done);
  for (const auto& door : doors_) door->listener().close(backlog);
  const std::vector<ClientConnection*> clients = clients_;
  for (ClientConnection* client : clients) client->drain();
  finish_if_drained();
}

void Worker::stop_now() {
  draining_ = true;
  const std::vector<ClientConnection*> clients = clients_;
  for (ClientConnection* client : clients) client->stop_now();
}

void Worker::backend_answered(std::size_t index, std::chrono::nanoseconds wait, int status) {
  loads_[index].answered_after(wait);
  asked_lately_[index] = 1;
  count_by_hundreds(backends_[index]->counters().statuses, static_cast<std::size_t>(status));
  backends_[index]->counters().waits.observe(wait);
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

void Worker::give_idle_descriptors_back() {
  pipes_.close_idle();
  for (const auto& backend : backends_) backend->close_idle();
}

std::size_t Worker::primaries_but(std::size_t index) const {
  std::size_t primaries = 0;
  for (std::size_t i = 0; i < loads_.size(); ++i)
    if (i != index && !loads_[i].backup && loads_[i].condition != Condition::kDraining) ++primaries;
  return primaries;
}

bool Worker::another_is_healthy(std::size_t than, std::span<const std::size_t> tried,
                                bool with_room) const {
  for (std::size_t i = 0; i < loads_.size(); ++i)
    if (i != than && loads_[i].condition == Condition::kHealthy &&
        !(with_room && loads_[i].full()) && std::ranges::find(tried, i) == tried.end())
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

// Says so at most every few seconds: whoever is turned away tries again.
bool Worker::lets_in(const Address& peer) {
  if (options_->trust.trusts(peer) || sources_->take(source_of(peer))) return true;
  counters_.turned_away.add();
  if (refused_told_ != Monotonic{} && loop_.now() - refused_told_ < kRefusedToldEvery) return false;
  refused_told_ = loop_.now();
  log::warning("{} has {} connections: more are turned away (--max-connections-per-source)",
               peer.ip(), sources_->limit());
  return false;
}

void Worker::client_closed(ClientConnection& client, std::optional<Source> counted_as) {
  if (counted_as) sources_->give_back(*counted_as);
  clients_.back()->slot = client.slot;
  std::swap(clients_[client.slot], clients_.back());
  clients_.pop_back();
  counters_.open.set(clients_.size());
  client.listener().connection_closed();
  finish_if_drained();
}

void Worker::count_status(unsigned status) { count_by_hundreds(counters_.statuses, status); }

void Worker::log(const http::AccessRecord& record) {
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
  measure_loop();
  if (log_ != nullptr) log_->hand_over(log_lines_);
  for (std::size_t i = 0; i < loads_.size(); ++i)
    if (returned_[i] != Monotonic{}) strengthen(i);
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    if (std::exchange(asked_lately_[i], 0) == 0) loads_[i].forget_a_little();
    http::Distribution waits;
    backends_[i]->counters().waits.add_to(waits);
    waits_[i].tick(waits);
    loads_[i].latency_p95 = waits_[i].p95();
  }
}

// The longest turn of the last 15 seconds: so long had an event to wait, at worst.
void Worker::measure_loop() {
  const Loop::Work work = loop_.take_work();
  counters_.busy_nanoseconds.add(static_cast<std::uint64_t>(work.busy.count()));
  longest_turns_[longest_next_++ % longest_turns_.size()] = work.longest_turn;
  counters_.lag_nanoseconds.set(
      static_cast<std::uint64_t>(std::ranges::max(longest_turns_).count()));
}

void Worker::finish_if_drained() {
  if (!draining_ || !clients_.empty() || !when_drained_) return;
  if (log_ != nullptr) log_->hand_over(log_lines_);
  std::exchange(when_drained_, {})();
}

}  // namespace bramble::balance
