// SPDX-License-Identifier: Apache-2.0
// Visitors with kept connections, and what became of their requests. A thread a connection.
//
// At a rate, each request has its time: a late answer makes the next ones late, too, and their
// latency counts from when they were due. Without one, each asks as soon as it is answered.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/address.hh"

namespace bramble::bench {

struct VisitorOptions {
  Address address;
  std::string path = "/";
  unsigned rate = 0;  // requests a second, of all together; 0: as fast as they are answered
  int connections = 50;
};

struct VisitorReport {
  std::uint64_t requests = 0;
  std::uint64_t asked_anew = 0;  // on a fresh connection, as browsers do where a kept one
                                 // was closed before a byte of the answer
  std::map<std::string, std::uint64_t> failed;  // by what the visitor saw
  std::vector<std::uint32_t> microseconds;      // of each answer, sorted

  std::uint64_t failures() const;
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

 private:
  void visit(int which);

  const VisitorOptions options_;
  std::atomic<bool> over_ = false;
  std::atomic<std::uint64_t> answered_ = 0;
  std::vector<VisitorReport> reports_;  // one a thread
  std::vector<std::thread> threads_;
};

// One download.
struct Fetch {
  Address address;
  std::string path;
  std::uint64_t bytes_a_second = 0;  // 0: as fast as they come
  std::function<void(std::uint64_t place, std::string_view bytes)> look;
  std::uint64_t trip_at = std::numeric_limits<std::uint64_t>::max();  // calls trip, once
  std::function<void(const std::string& served_by)> trip = {};
};
struct Fetched {
  std::string fault;  // "": it was whole
  std::uint64_t bytes = 0;
  std::chrono::microseconds longest_silence{0};  // between two pieces of the body
};
Fetched fetch(const Fetch& what);  // blocks

// Downloads a file of ascending 64-bit numbers at so many bytes a second, and looks at each of
// them. Empty: it was whole; else what was wrong. Blocks.
std::string download(const Address& address, const std::string& path, std::uint64_t size,
                     std::uint64_t bytes_a_second);
void write_numbers(const std::string& path, std::uint64_t size);

}  // namespace bramble::bench
