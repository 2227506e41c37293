// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "balance/status.hh"
#include "base/clock.hh"
#include "http/metrics_text.hh"

namespace bramble::balance {
namespace {

void add_totals(http::MetricsText& text, const Status& status) {
  text.one({"bramble_requests_total", "counter", "Requests taken from clients."}, status.requests);
  text.one({"bramble_retries_total", "counter", "Further attempts at another backend."},
           status.retries);
  text.one({"bramble_hedges_total", "counter", "Second backends asked beside a slow one."},
           status.hedges);
  text.one(
      {"bramble_resumes_total", "counter", "Bodies gone on with after their backend had failed."},
      status.resumes);
  text.one({"bramble_stripes_total", "counter", "Times that several backends shared a body."},
           status.stripes);
  text.one({"bramble_stripe_rests_total", "counter",
            "Times that a backend of a shared body made way for other answers."},
           status.stripe_rests);
  text.one({"bramble_connections_total", "counter", "Client connections accepted."},
           status.connections);
  text.one({"bramble_open_connections", "gauge", "Client connections that are open."},
           status.open_connections);
  text.one({"bramble_turned_away_total", "counter", "Connections of sources that have too many."},
           status.turned_away);
  text.one({"bramble_queued_requests", "gauge", "Requests that wait for room at a backend."},
           status.queued);
  text.one({"bramble_bad_requests_total", "counter", "Requests refused for their form."},
           status.bad_requests);
  text.one({"bramble_client_aborts_total", "counter", "Clients that left before their answer."},
           status.client_aborts);
  text.one({"bramble_body_bytes_total", "counter", "Bytes of answers' bodies."}, status.body_bytes);
  text.one({"bramble_log_dropped_bytes_total", "counter", "Bytes of access log lines dropped."},
           status.log_bytes_dropped);
  text.one({"bramble_uptime_seconds", "gauge", "Time since the balancer began."},
           in_seconds(status.uptime));
  text.describe({"bramble_answers_total", "counter", "Answers by the hundreds of their status."});
  for (std::size_t i = 0; i < status.statuses.size(); ++i)
    text.sample({"code", http::code_class(i)}, status.statuses[i]);
  text.describe({"bramble_endings_total", "counter", "How requests ended, in the log's words."});
  for (std::size_t i = 0; i < status.endings.size(); ++i)
    text.sample({"end", http::name_of(static_cast<http::Ending>(i))}, status.endings[i]);
  text.describe({"bramble_request_seconds", "histogram",
                 "From a request's head to its answer's last byte; without tunnels."});
  text.histogram({}, status.totals);
}

void add_loops(http::MetricsText& text, const Status& status) {
  text.describe({"bramble_loop_busy_seconds_total", "counter", "Not spent waiting for events."});
  for (std::size_t i = 0; i < status.loops.size(); ++i)
    text.sample({"thread", std::to_string(i)}, in_seconds(status.loops[i].busy));
  text.describe({"bramble_loop_lag_seconds", "gauge",
                 "The longest turn of the last 15 s: so long had an event to wait, at worst."});
  for (std::size_t i = 0; i < status.loops.size(); ++i)
    text.sample({"thread", std::to_string(i)}, in_seconds(status.loops[i].lag));
}

// Two series of one name would be none. After a reload that gave a name another address, the one
// that is leaving still has it, too.
std::vector<BackendStatus> one_of_a_name(const std::vector<BackendStatus>& all) {
  std::vector<BackendStatus> some;
  for (const BackendStatus& backend : all) {
    const auto same = std::ranges::find(some, backend.name, &BackendStatus::name);
    if (same == some.end())
      some.push_back(backend);
    else if (same->state == "draining")
      *same = backend;
  }
  return some;
}

// One metric over all backends; of tells its value.
template <typename Of>
void add_of_backends(http::MetricsText& text, const Status& status, const http::Metric& metric,
                     Of of) {
  text.describe(metric);
  for (const BackendStatus& backend : status.backends)
    text.sample({"backend", backend.name}, of(backend));
}

}  // namespace

std::string metrics_text(const Status& told) {
  Status status = told;
  status.backends = one_of_a_name(told.backends);
  http::MetricsText text;
  add_totals(text, status);
  add_loops(text, status);
  using B = const BackendStatus&;
  add_of_backends(text, status, {"bramble_backend_up", "gauge", "1 while the backend is healthy."},
                  [](B b) { return b.state == "healthy" ? 1 : 0; });
  add_of_backends(text, status,
                  {"bramble_backend_in_flight", "gauge", "Requests under way at the backend."},
                  [](B b) { return b.in_flight; });
  add_of_backends(text, status,
                  {"bramble_backend_requests_total", "counter", "Attempts, retries included."},
                  [](B b) { return b.requests; });
  add_of_backends(text, status,
                  {"bramble_backend_failures_total", "counter", "Attempts that it failed."},
                  [](B b) { return b.failures; });
  add_of_backends(text, status, {"bramble_backend_connects_total", "counter", "Connections begun."},
                  [](B b) { return b.connects; });
  add_of_backends(text, status,
                  {"bramble_backend_idle_connections", "gauge", "Connections in the pool."},
                  [](B b) { return b.idle_connections; });
  add_of_backends(text, status,
                  {"bramble_backend_body_bytes_total", "counter", "Bytes of its answers' bodies."},
                  [](B b) { return b.body_bytes; });
  add_of_backends(
      text, status,
      {"bramble_backend_latency_seconds", "gauge", "Smoothed time to its answer's head."},
      [](B b) { return in_seconds(b.latency); });
  add_of_backends(text, status,
                  {"bramble_backend_ejections_total", "counter", "Times that it was ejected."},
                  [](B b) { return b.ejections; });
  add_of_backends(text, status,
                  {"bramble_backend_strength", "gauge", "Of its weight, by the node's own word."},
                  [](B b) { return b.strength; });
  text.describe(
      {"bramble_backend_answers_total", "counter", "Its answers by the hundreds of their status."});
  for (const BackendStatus& backend : status.backends)
    for (std::size_t i = 1; i < backend.statuses.size(); ++i)
      text.sample({"backend", backend.name, "code", http::code_class(i)}, backend.statuses[i]);
  text.describe(
      {"bramble_backend_answer_seconds", "histogram", "From asking it to its answer's head."});
  for (const BackendStatus& backend : status.backends)
    text.histogram({"backend", backend.name}, backend.waits);
  return text.take();
}

}  // namespace bramble::balance
