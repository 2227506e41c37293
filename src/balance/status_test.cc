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

}  // namespace
}  // namespace bramble::balance
