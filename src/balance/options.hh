// SPDX-License-Identifier: Apache-2.0
// What a balancer is told. Immutable once it runs; shared freely.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balance/affinity.hh"
#include "balance/health.hh"
#include "balance/picker.hh"
#include "balance/seats.hh"
#include "balance/trust.hh"
#include "http/access_log.hh"
#include "net/address.hh"

namespace bramble::balance {

inline constexpr const char* kListenDefault = "0.0.0.0:8000";

struct BackendOptions {
  std::string name;  // for people: in the log, the status page and the metrics
  Address address;
  bool backup = false;  // only where no other is healthy
  double weight = 1;
  std::size_t requests_max = 0;  // under way at once; 0: any number
  std::shared_ptr<Seats> seats;  // made of requests_max where the balancer is created
  bool leaving = false;          // no longer wanted: finishes what is under way (see slots.hh)
};

struct CheckOptions {
  std::string path = "/";
  int status_max = 499;  // an answer above it has failed; one at "/" need not be 200
  std::string body;      // what its body must hold, in its first 64 KB; "": anything
  std::optional<ProxyVersion> send_proxy;  // in front of it, that it is our own
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds timeout{1000};

  bool operator==(const CheckOptions&) const = default;
};

// Large bodies from several backends at once.
struct StripeOptions {
  bool wanted = false;
  std::uint64_t bytes_min = 4 * 1024 * 1024;   // that are still missing
  std::size_t memory_max = 128 * 1024 * 1024;  // of all such bodies together
};

// How long we wait without any progress before we give up.
struct Timeouts {
  std::chrono::milliseconds connect{2000};
  std::chrono::milliseconds answer{60'000};  // a backend: until its head, and between two pieces
  std::chrono::milliseconds hedge{100};      // at least, before a second backend is asked; 0: never
  std::chrono::milliseconds resume{
      1000};  // at least, of silence in a body, before another is asked
  std::chrono::milliseconds client_head{10'000};   // from a head's first byte to its last
  std::chrono::milliseconds client_idle{60'000};   // between two requests
  std::chrono::milliseconds client_stall{30'000};  // a client that takes no byte, or sends none
  std::chrono::milliseconds tunnel_idle{3'600'000};
  std::chrono::milliseconds pool_idle{30'000};    // less than a backend keeps an idle connection
  std::chrono::milliseconds linger{2000};         // for the client to read our last words
  std::chrono::milliseconds queue{5'000};         // for room at a backend that has its most
  std::chrono::milliseconds slow_start{10'000};   // of a backend that came back, to its full share
  std::chrono::milliseconds drain{30'000};        // SIGTERM: for what is under way
  std::chrono::milliseconds handover{3'600'000};  // … behind a successor, which nobody waits for
};

struct BalanceOptions {
  std::vector<BackendOptions> backends;
  std::vector<Address> listen;  // empty: what was inherited, else kListenDefault
  std::vector<Address> admin;   // where the status page is
  std::size_t threads = 0;      // 0: one a core
  Policy policy = Policy::kPowerOfTwo;
  AffinityOptions affinity;
  TrustOptions trust;
  bool resume = false;  // what a backend broke off, from another that has the same
  std::chrono::seconds resume_settle{2};  // after a change; 0: their ETags are of the nanosecond
  StripeOptions stripe;
  std::size_t queue_max = 1024;  // requests that wait for room at a backend
  HealthOptions health;
  CheckOptions check;
  Timeouts timeouts;
  std::string access_log = "-";  // a path, "-" for standard output, "syslog", "" for none
  http::LogFormat log_format = http::LogFormat::kCombined;
  std::string user;                 // to become once all is bound; "": as we are
  std::string control;              // a path for the control socket; "" for none
  std::size_t connections_max = 0;  // of clients; 0: what descriptors allow, 65,536 a thread
  std::optional<std::size_t> source_connections_max;  // 0: any number; none: a quarter of all
  std::size_t door_connections_max = 0;               // worked out of these: a thread and listener
  std::size_t thread_pipes_max = 0;                   // likewise: see descriptors.hh
  std::uint64_t body_rate_min = 500;                  // of a request, bytes per second; 0: any
};

}  // namespace bramble::balance
