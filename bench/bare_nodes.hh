// SPDX-License-Identifier: Apache-2.0
// Nodes that are no more than `bramble serve` in a network namespace, each on a cable of its own to
// a front: no booted hosts, no tunnels, no volume.
//
//     node1 ── cable ──┐
//     node2 ── cable ──┼── front
//     node3 ── cable ──┘
//
// What waits for a cable stands in one queue, or each connection's packets in a queue of their own.
// So Debian's hosts have it (fq_codel); where a kernel lacks that, classes of HTB do nearly the
// same: 1,024 queues, one after the other, and first of all those that ask for little.
//
// A cable may be long: a root server is 5 to 20 ms from somebody's home.
//
// Needs root.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hh"
#include "contender.hh"
#include "delay_line.hh"
#include "lab/rate.hh"

namespace bramble::bench {

class BareNodes {
 public:
  enum class Queues : std::uint8_t { kOne, kOfConnections };

  struct Cables {
    std::vector<lab::Rate> rates;  // of each node's; at most 9
    Queues queues = Queues::kOne;
    std::chrono::milliseconds delay{0};  // one way
  };
  // Each serves the folder.
  static Result<std::unique_ptr<BareNodes>> start(const Cables& cables, const std::string& folder);
  ~BareNodes();  // they and their network are gone
  BareNodes(const BareNodes&) = delete;
  BareNodes& operator=(const BareNodes&) = delete;

  std::vector<std::string> addresses() const;  // seen from the front: "10.99.1.2:80"
  Result<void> enter_front() const;            // the calling thread, and what it starts

 private:
  explicit BareNodes(std::size_t count) : count_(count) {}
  void delete_network() const;

  const std::size_t count_;
  std::vector<std::unique_ptr<DelayLine>> delay_lines_;
  std::vector<std::unique_ptr<Contender>> servers_;
};

}  // namespace bramble::bench
