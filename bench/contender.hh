// SPDX-License-Identifier: Apache-2.0
// A server that is measured: its CPU time is read from the kernel.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "net/address.hh"

namespace bramble::bench {

// Who is measured for what a request costs has a core of its own; who asks, the other.
inline constexpr int kContenderCore = 0;
inline constexpr int kLoadCore = 1;
inline constexpr int kAnyCore = -1;

class Contender {
 public:
  // Runs until destroyed. Not before it answers on the port.
  Contender(std::string name, const std::vector<std::string>& argv, std::uint16_t port, int core);
  ~Contender();
  Contender(const Contender&) = delete;
  Contender& operator=(const Contender&) = delete;

  const std::string& name() const { return name_; }
  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }
  std::chrono::nanoseconds cpu() const;  // of all its threads and children, since it began

 private:
  std::string name_;
  std::uint16_t port_;
  pid_t pid_;
};

std::chrono::nanoseconds cpu_of(pid_t pid);  // of all its threads, also those that have ended
struct Memory {
  std::uint64_t now = 0;   // bytes that are resident
  std::uint64_t most = 0;  // since it began
};
Memory memory_of(pid_t pid);        // nothing where it has ended
Address local(std::uint16_t port);  // on 127.0.0.1
bool answers(std::uint16_t port);   // somebody takes a connection there
std::uint16_t free_port();

}  // namespace bramble::bench
