// SPDX-License-Identifier: Apache-2.0
// TCP sockets, all non-blocking and closed on exec. Errors name the system call and the address.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/result.hh"
#include "base/unique_fd.hh"
#include "net/address.hh"

namespace bramble {

struct ListenOptions {
  int backlog = 4096;      // the kernel bounds it by net.core.somaxconn
  bool share_port = true;  // SO_REUSEPORT: a listener a thread, the kernel spreads connections
  bool free_bind = false;  // the address may come up later (a tunnel that is still down)
};

Result<UniqueFd> listen_on(const Address& address, const ListenOptions& options);

// Error: another program listens on one of these. Ports are shared by our own threads alone
// (SO_REUSEPORT); `ours` are addresses that we listen on already, and say nothing of their ports.
Result<void> check_free(const std::vector<Address>& wanted, const std::vector<Address>& ours = {});

// Begins to connect; the socket becomes writable when it is connected or has failed
// (take_socket_error). TCP_NODELAY is set.
Result<UniqueFd> connect_to(const Address& address);

Result<UniqueFd> duplicate(int fd);  // another descriptor of the same socket

Result<Address> local_address(int fd);  // the real port where 0 was asked for

void set_no_delay(int fd);
void set_reset_on_close(int fd);  // close sends RST: the peer shall not take what it has for whole
std::uint64_t bytes_acknowledged(int fd);  // that the peer's host has taken, ever
std::uint64_t bytes_unsent(int fd);        // that wait for the peer's host to have room
// What the kernel knows of the way to the peer.
struct PathFacts {
  std::chrono::microseconds shortest_round_trip{0};  // 0: not known
  std::uint64_t segment_bytes = 0;                   // the most that the peer sends in one
};
PathFacts path_facts(int fd);
// Of what the peer may send before we read it. The kernel keeps to its own least and most.
void limit_receive_window(int fd, std::uint64_t bytes);
int take_socket_error(int fd);  // SO_ERROR: 0 when connected

// Whether connect_to failed with this code for want of our own means, which says nothing of the
// other side: of descriptors or memory; or of ports, of which this one address has too many.
bool is_own_shortage(int code);
bool is_port_shortage(int code);

// The soft limit of open descriptors becomes the hard one. Gives it.
std::uint64_t raise_descriptor_limit();

// A write to a socket whose peer is gone shall fail with EPIPE, not end the program: for those
// calls that know no MSG_NOSIGNAL (sendfile, splice). Whole process.
void ignore_broken_pipes();

}  // namespace bramble
