// SPDX-License-Identifier: Apache-2.0
// What a loop thread counts. It alone writes; the control side reads at any time, which is why they
// are atomics: relaxed and without a locked instruction, so counting costs a plain add.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace bramble::balance {

class Counter {
 public:
  void add(std::uint64_t by = 1) { set(value() + by); }
  void take(std::uint64_t by = 1) { set(value() - by); }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct BackendCounters {
  Counter in_flight;
  Counter requests;  // sent to it, tries included
  Counter failures;  // of these: without a whole answer, by its fault
  Counter connects;
  Counter refusals;             // connects that failed
  Counter idle;                 // pooled connections
  Counter latency_nanoseconds;  // smoothed
  Counter body_bytes;
};

struct WorkerCounters {
  Counter connections;  // accepted
  Counter open;         // of these, now
  Counter requests;
  Counter retries;
  Counter bad_requests;
  Counter client_aborts;
  std::array<Counter, 6> statuses;  // by hundreds; [0]: none was sent
  Counter body_bytes;
  Counter log_lines;
};

}  // namespace bramble::balance
