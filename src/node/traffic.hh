// SPDX-License-Identifier: Apache-2.0
// What a loop's exchanges come to: counters, and lines of the access log. Written on the loop's
// thread; the counters are read on any.
#pragma once

#include <array>
#include <string>

#include "http/access_log.hh"
#include "http/access_observer.hh"
#include "http/counter.hh"
#include "http/histogram.hh"

namespace bramble {

struct TrafficCounters {
  http::Counter connections;              // open now
  std::array<http::Counter, 6> statuses;  // of answers, by hundreds; [0]: none was sent
  std::array<http::Counter, http::kEndings> endings;
  http::Counter body_bytes;
  http::Histogram totals;  // from a request's head to its answer's last byte
};

class Traffic final : public http::AccessObserver {
 public:
  // log: nullptr where there is none; else it outlives this.
  Traffic(http::LogWriter* log, http::LogFormat format)
      : log_(log), lines_(format, http::AccessLines::Teller::kServer) {}
  ~Traffic() { flush(); }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  bool reads_texts() const override { return log_ != nullptr; }
  void on_exchange(const http::AccessRecord& record) override;
  void flush();  // hands over the lines so far

  TrafficCounters& counters() { return counters_; }
  const TrafficCounters& counters() const { return counters_; }

 private:
  static constexpr std::size_t kLogBytes = 64 * 1024;

  http::LogWriter* const log_;
  http::AccessLines lines_;
  std::string text_;
  TrafficCounters counters_;
};

}  // namespace bramble
