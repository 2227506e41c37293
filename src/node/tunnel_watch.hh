// SPDX-License-Identifier: Apache-2.0
// Keeps a machine's end of the tunnel well. A node's is kept alive, too: only nodes can dial.
//
// A peer that rebooted has forgotten the session, and cannot dial home; WireGuard on the node goes
// on sending with the old one until that is two minutes old (its REKEY_AFTER_TIME; seen: 75 s). So
// each peer is asked by ICMP echo at every tick, and one that went silent is dialled anew (see
// tunnel_peer.hh).
//
//     tick (2 s)   answered ──► silent = 0
//                  not      ──► silent + 1; at 2, and then at each fifth tick: dial anew
//
// And on every machine: where WireGuard runs in user space, its buffers (see tunnel_daemon.hh).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cluster/cluster.hh"
#include "node/echo.hh"
#include "node/tunnel_peer.hh"

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
  // Of this machine of the cluster. A node watches the balancer and the off-site machine.
  TunnelWatch(const Cluster& cluster, const Machine& machine);

  void tick();

 private:
  struct Peer {
    std::string name;
    TunnelPeer in_interface;
    Result<Echo> echo;
    Silence silence;
  };

  void widen_buffers();

  std::vector<Peer> peers_;
  bool told_ = false;  // that they cannot be
};

}  // namespace bramble
