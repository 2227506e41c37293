// SPDX-License-Identifier: Apache-2.0
// Visitors with kept connections, and what became of their requests. A thread a connection.
//
// At a rate, each request has its time: a late answer makes the next ones late, too, and their
// latency counts from when they were due. What was due long before they are stopped, and found
// nobody free to ask, has failed. Without a rate, each asks as soon as it is answered.
//
// They ask for one path until they are stopped, or for each of many once. Where the one has "{n}"
// in it, that is a running number: each request is for a file that nobody has asked for before.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "drill/failures.hh"
#include "net/address.hh"

namespace bramble::drill {

struct VisitorOptions {
  Address address;
  std::string host = "drill";  // the Host field
  std::string path = "/";
  std::vector<std::string> once;  // these instead: each is asked for by whoever is free next
  unsigned rate = 0;  // requests a second, of all together; 0: as fast as they are answered
  int connections = 50;
};

struct VisitorReport {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;       // of bodies
  std::uint64_t asked_anew = 0;  // on a fresh connection, as browsers do where a kept one
                                 // was closed before a byte of the answer
  Failures failed;               // by what the visitor saw
  std::vector<std::uint32_t> microseconds;  // of each answer, sorted

  std::uint64_t failures() const { return total(failed); }
  std::chrono::microseconds percentile(double percent) const;
};

class Visitors {
 public:
  explicit Visitors(VisitorOptions options);
  ~Visitors();
  Visitors(const Visitors&) = delete;
  Visitors& operator=(const Visitors&) = delete;

  std::uint64_t answered() const { return answered_; }
  VisitorReport stop();
  VisitorReport finish();  // waits until all of `once` were asked for; blocks

 private:
  void visit(int which);
  void note_unasked(VisitorReport& report, std::chrono::steady_clock::time_point due,
                    std::chrono::steady_clock::duration period) const;
  bool next_path(std::string& path);  // false: no more

  const VisitorOptions options_;
  std::atomic<bool> over_ = false;
  std::atomic<std::chrono::steady_clock::time_point> stopped_{};
  std::atomic<std::uint64_t> answered_ = 0;
  std::atomic<std::size_t> next_ = 0;   // of `once`, or the running number
  std::vector<VisitorReport> reports_;  // one a thread
  std::vector<std::thread> threads_;
};

}  // namespace bramble::drill
