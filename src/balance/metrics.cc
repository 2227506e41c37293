// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "balance/status.hh"

namespace bramble::balance {
namespace {

struct Metric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
};

class Text {
 public:
  void describe(const Metric& metric) {
    name_ = metric.name;
    fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", metric.name,
                   metric.help, metric.type);
  }
  template <typename Value>
  void sample(Value value) {
    fmt::format_to(std::back_inserter(text_), "{} {}\n", name_, value);
  }
  template <typename Value>
  void sample(std::string_view label, std::string_view label_value, Value value) {
    fmt::format_to(std::back_inserter(text_), "{}{{{}=\"", name_, label);
    for (const char c : label_value) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c == '\n' ? ' ' : c;
    }
    fmt::format_to(std::back_inserter(text_), "\"}} {}\n", value);
  }
  template <typename Value>
  void one(const Metric& metric, Value value) {
    describe(metric);
    sample(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

void add_totals(Text& text, const Status& status) {
  text.one({"bramble_requests_total", "counter", "Requests taken from clients."}, status.requests);
  text.one({"bramble_retries_total", "counter", "Further attempts at another backend."},
           status.retries);
  text.one({"bramble_connections_total", "counter", "Client connections accepted."},
           status.connections);
  text.one({"bramble_open_connections", "gauge", "Client connections that are open."},
           status.open_connections);
  text.one({"bramble_bad_requests_total", "counter", "Requests refused for their form."},
           status.bad_requests);
  text.one({"bramble_client_aborts_total", "counter", "Clients that left before their answer."},
           status.client_aborts);
  text.one({"bramble_body_bytes_total", "counter", "Bytes of answers' bodies."}, status.body_bytes);
  text.one({"bramble_log_dropped_bytes_total", "counter", "Bytes of access log lines dropped."},
           status.log_bytes_dropped);
  text.one({"bramble_uptime_seconds", "gauge", "Time since the balancer began."},
           std::chrono::duration<double>(status.uptime).count());
  text.describe({"bramble_answers_total", "counter", "Answers by the hundreds of their status."});
  for (std::size_t i = 0; i < status.statuses.size(); ++i)
    text.sample("code", i == 0 ? "none" : std::to_string(i) + "xx", status.statuses[i]);
}

// One metric over all backends; of tells its value.
template <typename Of>
void add_of_backends(Text& text, const Status& status, const Metric& metric, Of of) {
  text.describe(metric);
  for (const BackendStatus& backend : status.backends)
    text.sample("backend", backend.name, of(backend));
}

}  // namespace

std::string metrics_text(const Status& status) {
  Text text;
  add_totals(text, status);
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
      [](B b) { return std::chrono::duration<double>(b.latency).count(); });
  return text.take();
}

}  // namespace bramble::balance
