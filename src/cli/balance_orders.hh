// SPDX-License-Identifier: Apache-2.0
// Orders to a balancer that runs, through its control socket: see balance/control_socket.hh.
#pragma once

#include <string>
#include <string_view>

namespace bramble::cli {

// The socket is where a service's is unless a path is given. Waits for the outcome and tells what
// went wrong; gives the exit status. Blocks.
int order_balancer(const std::string& path, std::string_view order);

}  // namespace bramble::cli
