// SPDX-License-Identifier: Apache-2.0
#include "balance/status.hh"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace bramble::balance {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

Status sample() {
  return {.version = "1.2.3",
          .policy = "round-robin",
          .threads = 2,
          .uptime = milliseconds(1500),
          .requests = 10,
          .retries = 1,
          .statuses = {1, 0, 7, 0, 1, 1},
          .backends = {{.name = "node \"a\"",
                        .address = "10.0.0.1:80",
                        .state = "refusing",
                        .reason = "connect: refused",
                        .since = milliseconds(2500),
                        .requests = 9,
                        .latency = milliseconds(12)}}};
}

TEST(StatusJson, KeepsItsNames) {
  const auto json = nlohmann::json::parse(status_json(sample()));
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_EQ(json["policy"], "round-robin");
  EXPECT_EQ(json["uptime_seconds"], 1.5);
  EXPECT_EQ(json["totals"]["requests"], 10);
  EXPECT_EQ(json["totals"]["retries"], 1);
  EXPECT_EQ(json["totals"]["answers"]["2xx"], 7);
  EXPECT_EQ(json["totals"]["answers"]["none"], 1);
  const auto& backend = json["backends"][0];
  EXPECT_EQ(backend["name"], "node \"a\"");
  EXPECT_EQ(backend["address"], "10.0.0.1:80");
  EXPECT_EQ(backend["state"], "refusing");
  EXPECT_EQ(backend["reason"], "connect: refused");
  EXPECT_EQ(backend["since_seconds"], 2.5);
  EXPECT_EQ(backend["requests"], 9);
  EXPECT_EQ(backend["latency_ms"], 12);
}

TEST(Metrics, AreDescribedAndLabelled) {
  const std::string text = metrics_text(sample());
  EXPECT_THAT(text,
              HasSubstr("# TYPE bramble_requests_total counter\nbramble_requests_total 10\n"));
  EXPECT_THAT(text, HasSubstr("bramble_answers_total{code=\"2xx\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("bramble_backend_up{backend=\"node \\\"a\\\"\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("bramble_backend_latency_seconds{backend=\"node \\\"a\\\"\"} 0.012\n"));
}

TEST(Metrics, HoldHistogramsThatAddUp) {
  Status status = sample();
  http::Histogram waits;
  for (const int time : {1, 2, 2, 70, 60'000}) waits.observe(milliseconds(time));
  waits.observe(std::chrono::microseconds(2500));
  waits.add_to(status.backends[0].waits);
  waits.add_to(status.totals);
  const std::string text = metrics_text(status);
  const std::string name = "bramble_backend_answer_seconds_bucket{backend=\"node \\\"a\\\"\",le=";
  EXPECT_THAT(text, HasSubstr("# TYPE bramble_backend_answer_seconds histogram\n" + name));
  EXPECT_THAT(text, HasSubstr(name + "\"0.0005\"} 0\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"0.0025\"} 4\n")) << "a bound is inclusive";
  EXPECT_THAT(text, HasSubstr(name + "\"30\"} 5\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"+Inf\"} 6\n"));
  EXPECT_THAT(text,
              HasSubstr("bramble_backend_answer_seconds_count{backend=\"node \\\"a\\\"\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("bramble_request_seconds_bucket{le=\"0.1\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("bramble_request_seconds_sum 60.0775\n"));
}

TEST(Metrics, ANameIsOneSeriesAlsoWhileTheOldOneIsLeaving) {
  Status status;
  status.backends = {{.name = "a", .state = "draining", .requests = 1},
                     {.name = "a", .state = "healthy", .requests = 2}};
  const std::string text = metrics_text(status);
  EXPECT_THAT(text, HasSubstr("bramble_backend_requests_total{backend=\"a\"} 2\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("bramble_backend_requests_total{backend=\"a\"} 1\n")));
}

TEST(Metrics, TellOfEachBackendsAnswersAndOfHowRequestsEnded) {
  Status status = sample();
  status.backends[0].statuses[5] = 3;
  status.endings[static_cast<std::size_t>(http::Ending::kBackendStalled)] = 2;
  status.loops = {{.busy = milliseconds(2500), .lag = milliseconds(7)}};
  const std::string text = metrics_text(status);
  EXPECT_THAT(
      text,
      HasSubstr("bramble_backend_answers_total{backend=\"node \\\"a\\\"\",code=\"5xx\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("bramble_endings_total{end=\"backend-stalled\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("bramble_loop_busy_seconds_total{thread=\"0\"} 2.5\n"));
  EXPECT_THAT(text, HasSubstr("bramble_loop_lag_seconds{thread=\"0\"} 0.007\n"));
}

}  // namespace
}  // namespace bramble::balance
