// SPDX-License-Identifier: Apache-2.0
// Bytes both ways between two ends, each direction by a thread of its own. Where one direction
// ends, its end is handed on (a half-closed socket) and the other goes on.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hh"
#include "base/unique_fd.hh"
#include "lab/place.hh"

namespace bramble::lab {

// Between two sockets. Returns when both directions have ended.
void relay(UniqueFd one, UniqueFd other);

// Between our standard streams and a socket: an ssh ProxyCommand. Returns when the socket's side
// has ended; the caller should then end the process.
void relay_standard_streams(UniqueFd socket);

// The doors of the lab: listens on its loopback address and relays to the balancer's host, each
// connection by a thread of its own in the namespace that the door leads from (which is another
// after each boot of the host). Returns only where that cannot be done.
Result<void> keep_gate(const Place& place);

}  // namespace bramble::lab
