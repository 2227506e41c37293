// SPDX-License-Identifier: Apache-2.0
// All that a loop thread counts, of each backend and of itself: see counter.hh.
#pragma once

#include <array>

#include "balance/access_log.hh"
#include "balance/counter.hh"
#include "balance/histogram.hh"

namespace bramble::balance {

struct BackendCounters {
  Counter in_flight;
  Counter requests;  // sent to it, tries included
  Counter failures;  // of these: without a whole answer, by its fault
  Counter connects;
  Counter refusals;             // connects that failed
  Counter idle;                 // pooled connections
  Counter latency_nanoseconds;  // smoothed
  Counter body_bytes;
  std::array<Counter, 6> statuses;  // of its answers, by hundreds; [0] stays 0
  Histogram waits;                  // until its answer's head
};

struct WorkerCounters {
  Counter connections;  // accepted
  Counter turned_away;  // of sources that have too many
  Counter open;         // of these, now
  Counter requests;
  Counter retries;
  Counter hedges;  // second backends asked beside a slow one
  Counter bad_requests;
  Counter client_aborts;
  std::array<Counter, 6> statuses;  // by hundreds; [0]: none was sent
  Counter body_bytes;
  Counter log_lines;
  std::array<Counter, kEndings> endings;  // of requests, by Ending
  Histogram totals;                       // from a request's head to its answer's last byte
  Counter busy_nanoseconds;               // the loop's, not waiting for events
  Counter lag_nanoseconds;                // its longest turn of late
};

}  // namespace bramble::balance
