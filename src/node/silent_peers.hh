// SPDX-License-Identifier: Apache-2.0
// Ends GlusterFS's connections to a machine that went silent, so that nobody waits for it.
//
// A lookup asks all bricks and waits for each. Where a machine lost its power or its cable, that
// takes until TCP gives up, two seconds with client.tcp-user-timeout at its least useful value. The
// kernel knows sooner: something that was sent had to be sent again, and nothing at all has come
// from that machine for half a second. Then every connection to its GlusterFS is destroyed here
// (SOCK_DESTROY, as `ss -K` does it), and the client goes on with the bricks that are left.
//
//     tick (100 ms)   a connection retransmits, and the least silence of all connections to that
//                     machine is 500 ms or more ──► cut them
//
// A slow disk is no silence: the kernel of its machine acknowledges what comes. Where the kernel
// here has no INET_DIAG_DESTROY, TCP's own limit remains.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hh"
#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble {

// What the kernel tells of one TCP connection.
struct PeerConnection {
  std::uint32_t peer = 0;  // IPv4 address, in network order
  std::uint16_t local_port = 0;
  std::uint16_t peer_port = 0;
  bool retransmits = false;  // what was sent last is not acknowledged, and was sent again
  std::chrono::milliseconds silence{};  // since anything came
};

// Those of the peers that went silent.
std::vector<std::uint32_t> silent_peers(const std::vector<PeerConnection>& connections);

// To a brick or to glusterd; never a visitor's, or a shell's.
bool is_glusters(const PeerConnection& connection);

// Root. Its own thread, which lives until it is destroyed.
class SilentPeers {
 public:
  // The peers' IPv4 addresses. Error: no such socket can be had.
  static Result<std::unique_ptr<SilentPeers>> watch(const std::vector<std::string>& addresses);
  ~SilentPeers();
  SilentPeers(const SilentPeers&) = delete;
  SilentPeers& operator=(const SilentPeers&) = delete;

 private:
  struct Shared;
  explicit SilentPeers(std::unique_ptr<Shared> shared);
  std::unique_ptr<Shared> shared_;
};

}  // namespace bramble
