// SPDX-License-Identifier: Apache-2.0
// Keeps a node's end of the tunnel alive: only nodes can dial.
//
// A peer that rebooted has forgotten the session, and cannot dial home; WireGuard on the node goes
// on sending with the old one until that is two minutes old (its REKEY_AFTER_TIME; seen: 75 s). So
// each peer is asked by ICMP echo at every tick, and one that went silent is taken out of the
// interface and put back: its next packet shakes hands anew.
//
//     tick (2 s)   answered ──► silent = 0
//                  not      ──► silent + 1; at 2, and then at each fifth tick: dial anew
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cluster/cluster.hh"
#include "node/echo.hh"

namespace bramble {

// Whether a peer is to be dialled anew, from one tick's word to the next.
class Silence {
 public:
  bool tick(bool answered);  // true: dial now
  bool lasts() const;

 private:
  int silent_ = 0;  // ticks in a row
};

// One thread, the vitals service's; root.
class TunnelWatch {
 public:
  // Of this node of the cluster: watches the balancer and the off-site machine.
  TunnelWatch(const Cluster& cluster, const Machine& node);

  void tick();

 private:
  struct Peer {
    std::string name;
    std::string inside;    // address in the tunnel
    std::string endpoint;  // ADDRESS:PORT outside
    Result<Echo> echo;
    Silence silence;
  };

  static void dial(const Peer& peer);

  std::vector<Peer> peers_;
};

}  // namespace bramble
