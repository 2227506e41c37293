// SPDX-License-Identifier: Apache-2.0
// WireGuard in user space (wireguard-go), where a kernel has none.
//
// It receives through a UDP socket whose buffer is the machine's default, 212,992 bytes: what comes
// while the processor has other work is lost, and TCP notices after 200 ms. Seen on two busy cores:
// 4,702 datagrams in one run of a benchmark, 59,785 in a worse one; none with kDaemonBuffer. It
// has no option for it, and a default for all sockets is not ours to change: so its sockets are
// borrowed (pidfd_getfd(2)).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hh"

namespace bramble {

// bytes; the kernel counts what it needs as twice that
inline constexpr int kDaemonBuffer = 4 << 20;

// Who serves the interface, by the processes in `proc` ("/proc"). Nobody: the kernel does it, or it
// is down.
std::optional<pid_t> tunnel_daemon(const std::string& proc, std::string_view interface);

// How many of its UDP sockets were given kDaemonBuffer to receive, that had less. Needs root.
Result<int> widen_buffers(pid_t daemon);

}  // namespace bramble
