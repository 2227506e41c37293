// SPDX-License-Identifier: Apache-2.0
// All that a loop thread counts, of each backend and of itself: see counter.hh.
#pragma once

#include <array>

#include "http/access_log.hh"
#include "http/counter.hh"
#include "http/histogram.hh"

namespace bramble::balance {

struct BackendCounters {
  http::Counter in_flight;
  http::Counter requests;  // sent to it, tries included
  http::Counter failures;  // of these: without a whole answer, by its fault
  http::Counter connects;
  http::Counter refusals;             // connects that failed
  http::Counter idle;                 // pooled connections
  http::Counter latency_nanoseconds;  // smoothed
  http::Counter body_bytes;
  std::array<http::Counter, 6> statuses;  // of its answers, by hundreds; [0] stays 0
  http::Histogram waits;                  // until its answer's head
};

struct WorkerCounters {
  http::Counter connections;  // accepted
  http::Counter turned_away;  // of sources that have too many
  http::Counter open;         // of these, now
  http::Counter requests;
  http::Counter retries;
  http::Counter hedges;        // second backends asked beside a slow one
  http::Counter resumes;       // bodies gone on with at another backend
  http::Counter stripes;       // times that several backends shared a body
  http::Counter stripe_rests;  // times that one of these made way for other answers
  http::Counter bad_requests;
  http::Counter client_aborts;
  std::array<http::Counter, 6> statuses;  // by hundreds; [0]: none was sent
  http::Counter body_bytes;
  http::Counter log_lines;
  std::array<http::Counter, http::kEndings> endings;  // of requests, by Ending
  http::Histogram totals;          // from a request's head to its answer's last byte
  http::Counter busy_nanoseconds;  // the loop's, not waiting for events
  http::Counter lag_nanoseconds;   // its longest turn of late
};

}  // namespace bramble::balance
