// SPDX-License-Identifier: Apache-2.0
// What the balancer shows of itself: for programs as JSON, for Prometheus as text. Values, so that
// they can be gathered on one thread and written anywhere.
//
// The JSON's names are an interface: `bramble status`, the console and other people's scripts read
// them. New ones may come, none changes or goes.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "http/access_log.hh"
#include "http/histogram.hh"

namespace bramble::balance {

class Balancer;

struct BackendStatus {
  std::string name;
  std::string address;
  bool backup = false;
  double weight = 1;
  std::string state;    // name_of(Condition)
  std::string reason;   // why it is not healthy
  std::string says;     // its own word: "hot, healing"
  double strength = 1;  // of its weight, by that word
  std::uint64_t ejections = 0;
  std::chrono::nanoseconds since{0};  // how long it has been in that state
  std::uint64_t in_flight = 0;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t connects = 0;
  std::uint64_t idle_connections = 0;
  std::uint64_t body_bytes = 0;
  std::chrono::nanoseconds latency{0};      // smoothed, until the answer's head; 0: not known
  std::array<std::uint64_t, 6> statuses{};  // of its answers, by hundreds
  http::Distribution waits;                 // until its answer's head
};

struct LoopStatus {
  std::chrono::nanoseconds busy{0};  // since the start
  std::chrono::nanoseconds lag{0};   // the longest turn of late
};

struct Status {
  std::string version;
  std::string policy;
  std::size_t threads = 0;
  bool draining = false;
  std::chrono::nanoseconds uptime{0};
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  std::uint64_t hedges = 0;
  std::uint64_t resumes = 0;
  std::uint64_t stripes = 0;
  std::uint64_t stripe_rests = 0;
  std::uint64_t connections = 0;
  std::uint64_t open_connections = 0;
  std::uint64_t turned_away = 0;
  std::uint64_t queued = 0;  // requests that wait for room at a backend
  std::uint64_t bad_requests = 0;
  std::uint64_t client_aborts = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t log_bytes_dropped = 0;
  std::array<std::uint64_t, 6> statuses{};              // by hundreds; [0]: no answer was sent
  std::array<std::uint64_t, http::kEndings> endings{};  // of requests, by Ending
  http::Distribution totals;  // from a request's head to its answer's last byte
  std::vector<LoopStatus> loops;
  std::vector<BackendStatus> backends;
};

Status status_of(const Balancer& balancer);  // on its control thread

std::string status_json(const Status& status);
std::string metrics_text(const Status& status);  // Prometheus text format 0.0.4

}  // namespace bramble::balance
