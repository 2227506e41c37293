// SPDX-License-Identifier: Apache-2.0
// What the tables of costs share: a round of wrk, medians, the machine.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hh"
#include "contender.hh"

namespace bramble::bench {

// One round of one contender.
struct Sample {
  double requests = 0;
  double bytes = 0;
  std::chrono::duration<double> took{0};
  std::chrono::duration<double> cpu{0};  // of the contender

  double rate() const { return requests / took.count(); }  // requests a second
  double cpu_microseconds() const { return cpu.count() * 1e6 / requests; }
  double megabytes_a_second() const { return bytes / 1e6 / took.count(); }
  double megabytes_a_cpu_second() const { return bytes / 1e6 / cpu.count(); }
};

struct WrkRound {
  int connections = 64;
  std::string path = "/";
  std::string script = {};  // a file of Lua that chooses other paths; "": none
};
// A second of wrk on the load's core. Its bytes are not counted.
Result<Sample> ask_by_wrk(const Contender& contender, const WrkRound& round);

double median(std::vector<double> all);
std::string spread(const std::vector<double>& all, int digits);  // "17.8 (16.4–20.6)"
std::string machine();                                           // "CPU, Linux RELEASE"

}  // namespace bramble::bench
