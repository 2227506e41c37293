// SPDX-License-Identifier: Apache-2.0
#include "balance/status.hh"

#include <nlohmann/json.hpp>

#include "balance/balancer.hh"
#include "base/clock.hh"

namespace bramble::balance {
namespace {

using Json = nlohmann::ordered_json;

double milliseconds(std::chrono::nanoseconds time) { return in_seconds(time) * 1000; }

void add_worker(Status& status, const WorkerCounters& counters) {
  status.requests += counters.requests.value();
  status.retries += counters.retries.value();
  status.hedges += counters.hedges.value();
  status.resumes += counters.resumes.value();
  status.stripes += counters.stripes.value();
  status.stripe_rests += counters.stripe_rests.value();
  status.connections += counters.connections.value();
  status.open_connections += counters.open.value();
  status.turned_away += counters.turned_away.value();
  status.bad_requests += counters.bad_requests.value();
  status.client_aborts += counters.client_aborts.value();
  status.body_bytes += counters.body_bytes.value();
  for (std::size_t i = 0; i < status.statuses.size(); ++i)
    status.statuses[i] += counters.statuses[i].value();
  for (std::size_t i = 0; i < status.endings.size(); ++i)
    status.endings[i] += counters.endings[i].value();
  counters.totals.add_to(status.totals);
  status.loops.push_back({.busy = std::chrono::nanoseconds(counters.busy_nanoseconds.value()),
                          .lag = std::chrono::nanoseconds(counters.lag_nanoseconds.value())});
}

BackendStatus backend_status(const Balancer& balancer, std::size_t index) {
  const BackendOptions& options = balancer.options().backends[index];
  const Health& health = balancer.health().health(index);
  BackendStatus status{.name = options.name,
                       .address = options.address.text(),
                       .backup = options.backup,
                       .weight = options.weight,
                       .state = std::string(name_of(health.condition)),
                       .reason = health.reason,
                       .says = health.says,
                       .strength = health.strength,
                       .ejections = health.ejections,
                       .since = balancer.now() - health.since};
  std::uint64_t latency = 0, asked = 0;
  for (const auto& worker : balancer.workers()) {
    const BackendCounters& counters = worker->backend_counters(index);
    status.in_flight += counters.in_flight.value();
    status.requests += counters.requests.value();
    status.failures += counters.failures.value();
    status.connects += counters.connects.value();
    status.idle_connections += counters.idle.value();
    status.body_bytes += counters.body_bytes.value();
    for (std::size_t i = 0; i < status.statuses.size(); ++i)
      status.statuses[i] += counters.statuses[i].value();
    counters.waits.add_to(status.waits);
    const std::uint64_t mean = counters.latency_nanoseconds.value();
    latency += mean;
    asked += mean != 0 ? 1 : 0;
  }
  if (asked != 0) status.latency = std::chrono::nanoseconds(latency / asked);
  return status;
}

Json backend_json(const BackendStatus& backend) {
  return Json{{"name", backend.name},
              {"address", backend.address},
              {"backup", backend.backup},
              {"weight", backend.weight},
              {"state", backend.state},
              {"reason", backend.reason},
              {"says", backend.says},
              {"strength", backend.strength},
              {"ejections", backend.ejections},
              {"since_seconds", in_seconds(backend.since)},
              {"in_flight", backend.in_flight},
              {"requests", backend.requests},
              {"failures", backend.failures},
              {"connects", backend.connects},
              {"idle_connections", backend.idle_connections},
              {"body_bytes", backend.body_bytes},
              {"latency_ms", milliseconds(backend.latency)}};
}

}  // namespace

Status status_of(const Balancer& balancer) {
  Status status{.version = BRAMBLE_VERSION,
                .policy = std::string(name_of(balancer.options().policy)),
                .threads = balancer.workers().size(),
                .draining = balancer.draining(),
                .uptime = balancer.now() - balancer.began(),
                .queued = balancer.queued(),
                .log_bytes_dropped = balancer.log_bytes_dropped()};
  for (const auto& worker : balancer.workers()) add_worker(status, worker->counters());
  for (std::size_t i = 0; i < balancer.options().backends.size(); ++i)
    if (!balancer.has_left(i)) status.backends.push_back(backend_status(balancer, i));
  return status;
}

std::string status_json(const Status& status) {
  Json answers = Json::object();
  for (std::size_t i = 1; i < status.statuses.size(); ++i)
    answers[std::to_string(i) + "xx"] = status.statuses[i];
  answers["none"] = status.statuses[0];
  Json backends = Json::array();
  for (const BackendStatus& backend : status.backends) backends.push_back(backend_json(backend));
  const Json all = {{"version", status.version},
                    {"policy", status.policy},
                    {"threads", status.threads},
                    {"draining", status.draining},
                    {"uptime_seconds", in_seconds(status.uptime)},
                    {"totals",
                     {{"requests", status.requests},
                      {"retries", status.retries},
                      {"hedges", status.hedges},
                      {"resumes", status.resumes},
                      {"stripes", status.stripes},
                      {"stripe_rests", status.stripe_rests},
                      {"connections", status.connections},
                      {"open_connections", status.open_connections},
                      {"turned_away", status.turned_away},
                      {"queued", status.queued},
                      {"bad_requests", status.bad_requests},
                      {"client_aborts", status.client_aborts},
                      {"body_bytes", status.body_bytes},
                      {"log_bytes_dropped", status.log_bytes_dropped},
                      {"answers", answers}}},
                    {"backends", backends}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bramble::balance
