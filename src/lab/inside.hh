// SPDX-License-Identifier: Apache-2.0
// The lab's network namespaces, entered by a thread: from the operator's every host is in reach.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.hh"
#include "base/unique_fd.hh"
#include "lab/place.hh"

namespace bramble::lab {

// From here on the calling thread, and threads it starts, open their sockets in the namespace of
// that host, or kOperator.
Result<void> enter(const Place& place, const std::string& host);

struct Target {
  std::string address;  // IPv4 literal
  std::uint16_t port = 0;
  std::chrono::milliseconds at_most{5000};
};

// A blocking TCP socket, connected in the calling thread's namespace.
Result<UniqueFd> connect_to(const Target& target);

// The same from the operator's namespace; the calling thread stays where it is.
Result<UniqueFd> connect_inside(const Place& place, const Target& target);

bool first_byte_comes(int fd, std::chrono::milliseconds at_most);

}  // namespace bramble::lab
