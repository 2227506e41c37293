// SPDX-License-Identifier: Apache-2.0
#include "balance/simulation.hh"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <queue>
#include <random>

#include "balance/hashing.hh"
#include "balance/health.hh"

namespace bramble::balance {
namespace {

using std::chrono::nanoseconds;

constexpr double kServiceSeconds = 0.005;  // the mean of a fast backend
constexpr double kSigma = 1;               // of the logarithm: most are quick, some are long
constexpr std::size_t kKeys = 10'000;
constexpr double kTickSeconds = 0.5;

nanoseconds in_nanoseconds(double seconds) {
  return nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

Monotonic at(double seconds) { return Monotonic(std::chrono::hours(1)) + in_nanoseconds(seconds); }

struct Request {
  double arrived = 0;
  double service = 0;
  std::size_t thread = 0;
  std::size_t backend = 0;
  bool fails = false;
};

struct Ending {
  double time = 0;
  Request request;
  bool operator>(const Ending& other) const { return time > other.time; }
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options),
        random_(options.seed),
        board_(options.backends, {}, at(0)),
        waiting_(options.backends),
        busy_(options.backends),
        totals_(options.backends) {
    result_.asked.resize(options.backends);
    for (std::size_t i = 0; i < options.threads; ++i) {
      pickers_.emplace_back(options.policy, options.seed * 1000 + i);
      loads_.emplace_back(options.backends);
      for (std::size_t b = 0; b < options.backends; ++b) {
        loads_[i][b].identity = hash_of("backend" + std::to_string(b));
        if (options.weighted) loads_[i][b].weight = 4 / slowness(b);
      }
    }
    make_keys();
  }

  SimulationResult run() {
    double capacity = 0;  // requests a second
    for (std::size_t b = 0; b < options_.backends; ++b)
      capacity += static_cast<double>(options_.places) / (kServiceSeconds * slowness(b));
    std::exponential_distribution<double> gap(capacity * options_.utilisation);
    double next = gap(random_);
    for (std::size_t arrived = 0; arrived < options_.requests;) {
      if (!endings_.empty() && endings_.top().time <= next) {
        end_one();
        continue;
      }
      now_ = next;
      tick_until_now();
      late_ = arrived * 2 >= options_.requests;
      arrive();
      ++arrived;
      next += gap(random_);
    }
    while (!endings_.empty()) end_one();
    std::sort(result_.milliseconds.begin(), result_.milliseconds.end());
    for (const auto& loads : loads_)
      for (const Load& load : loads) result_.in_flight.push_back(load.in_flight);
    return std::move(result_);
  }

 private:
  void make_keys() {
    std::vector<double> popularity;
    for (std::size_t i = 0; i < kKeys; ++i)
      popularity.push_back(1 / std::pow(static_cast<double>(i + 1), 0.8));
    key_ = std::discrete_distribution<std::size_t>(popularity.begin(), popularity.end());
  }

  void arrive() {
    const std::size_t thread = random_() % options_.threads;
    std::vector<Load>& loads = loads_[thread];
    const Preference preference = {.key = hash_of(std::to_string(key_(random_)))};
    const std::size_t backend = pickers_[thread].pick(loads, {}, preference).value();
    ++loads[backend].in_flight;
    ++result_.asked[backend];
    Request request{.arrived = now_, .thread = thread, .backend = backend};
    const Trouble& trouble = options_.trouble;
    request.fails = backend < trouble.backends && uniform_(random_) < trouble.failing;
    // The mean of a lognormal is exp(mu + sigma²/2).
    std::lognormal_distribution<double> service(
        std::log(kServiceSeconds * slowness(backend)) - kSigma * kSigma / 2, kSigma);
    request.service = request.fails ? 0.0001 : service(random_);
    if (busy_[backend] < options_.places)
      begin(request);
    else
      waiting_[backend].push_back(request);
  }

  void begin(const Request& request) {
    ++busy_[request.backend];
    endings_.push({.time = now_ + request.service, .request = request});
  }

  void end_one() {
    const Ending ending = endings_.top();
    endings_.pop();
    now_ = ending.time;
    tick_until_now();
    const Request& request = ending.request;
    const std::size_t backend = request.backend;
    Load& load = loads_[request.thread][backend];
    --load.in_flight;
    --busy_[backend];
    totals_[backend].asked += 1;
    if (request.fails) {
      ++result_.failed;
      if (late_) ++result_.failed_late;
      totals_[backend].failed += 1;
      if (options_.ejecting && board_.request_failed(backend, "failed", at(now_))) tell();
    } else {
      board_.request_answered(backend);
      load.answered_after(in_nanoseconds(now_ - request.arrived));
      result_.milliseconds.push_back((now_ - request.arrived) * 1000);
    }
    if (waiting_[backend].empty()) return;
    const Request first = waiting_[backend].front();
    waiting_[backend].pop_front();
    begin(first);
  }

  void tick_until_now() {
    for (; ticked_ + kTickSeconds <= now_; ticked_ += kTickSeconds) {
      const bool back = board_.tick(at(ticked_));
      if ((options_.ejecting && board_.traffic(totals_, at(ticked_))) || back) tell();
    }
  }

  void tell() {
    std::size_t ejected = 0;
    for (std::size_t b = 0; b < options_.backends; ++b) {
      const Condition condition = board_.health(b).condition;
      ejected += condition == Condition::kEjected ? 1 : 0;
      for (auto& loads : loads_) loads[b].condition = condition;
    }
    result_.ejected_most = std::max(result_.ejected_most, ejected);
    for (Picker& picker : pickers_) picker.conditions_changed();
  }

  const SimulationOptions options_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> uniform_{0, 1};
  std::discrete_distribution<std::size_t> key_;
  HealthBoard board_;
  std::vector<Picker> pickers_;  // by thread
  std::vector<std::vector<Load>> loads_;
  std::vector<std::deque<Request>> waiting_;  // by backend
  std::vector<std::size_t> busy_;
  std::vector<Traffic> totals_;
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> endings_;
  double now_ = 0;
  double ticked_ = 0;
  bool late_ = false;
  SimulationResult result_;
};

}  // namespace

double slowness(std::size_t backend) {
  constexpr std::array<double, 4> kTimes = {1, 2, 1, 4};
  return kTimes[backend % kTimes.size()];
}

double SimulationResult::percentile(double of_hundred) const {
  if (milliseconds.empty()) return 0;
  const auto place =
      static_cast<std::size_t>(static_cast<double>(milliseconds.size() - 1) * of_hundred / 100);
  return milliseconds[place];
}

SimulationResult simulate(const SimulationOptions& options) { return Simulation(options).run(); }

}  // namespace bramble::balance
