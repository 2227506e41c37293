// SPDX-License-Identifier: Apache-2.0
// The heartbeat: a small file of the volume, /.bramble/heartbeat, that says when it was written.
// Geo-replication carries it to the off-site machine like any other file, and its content there
// tells how far behind the copy is. GlusterFS's own status is not believed: it says Active while a
// link is cut, while files arrive empty, and while nothing is copied at all.
//
// One writer is enough, and each write wears the flash of every node. Nobody is elected: each node
// looks at the file every two seconds, and writes it when it is older than that node's patience:
// 4 s for the first node of the cluster file, 8 s for the second, 12 s for the third, and so on. So
// the first living node writes, and the next takes over when it does not. Two writers at once do no
// harm.
//
// Clocks agree within two seconds (`bramble up` sees to it), and the lag is as right as they are.
// Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hh"

namespace bramble {

inline constexpr std::string_view kHeartbeatFolder = ".bramble";
inline constexpr std::string_view kHeartbeatName = "heartbeat";
inline constexpr std::chrono::seconds kHeartbeatLook{2};

struct Heartbeat {
  WallTime time;       // to the millisecond
  std::string writer;  // a machine's name
};

// "bramble heartbeat 1700000000.123 cluster01", padded to one size for all names and times, so
// that a rewrite in place is one write and is never seen half done.
std::string format_heartbeat(const Heartbeat& beat);

// Nothing, where it is anything else.
std::optional<Heartbeat> parse_heartbeat(std::string_view content);

// Whether the node at that place of the cluster file (from 0) shall write now. Also where the last
// one seems to come from the future: a clock was wrong.
bool shall_beat(const std::optional<Heartbeat>& last, WallTime now, std::size_t place);

}  // namespace bramble
