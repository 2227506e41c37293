// SPDX-License-Identifier: Apache-2.0
// Who may have how many of the process's descriptors.
//
//     limit ── ours (loops, listeners, checks, logs, the admin's door)
//       └───── clients: half of the rest, or all of it but kReserveMax where that is more
//               └───── reserve: backends' connections, which are pooled, and a few pipes
//
// Half for backends would do where every client has a request under way. Most of many clients are
// idle, so the reserve need not grow with them for ever.
//
//     limit     clients  reserve  pipes
//      1,024        384      384     24
//     20,000     11,552    8,192    512
//
// Whoever finds no pipe copies. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace bramble::balance {

struct DescriptorShares {
  std::size_t clients = 0;
  std::size_t pipes = 0;  // of two descriptors each

  bool operator==(const DescriptorShares&) const = default;
};

// For at most so many clients.
constexpr DescriptorShares share_descriptors(std::uint64_t limit, std::size_t clients_max) {
  constexpr std::uint64_t kOurs = 256;
  constexpr std::uint64_t kReserveMax = 8192;
  constexpr std::uint64_t kReserveOfAPipe = 16;  // the other 14 are for backends
  const std::uint64_t free = limit > 2 * kOurs ? limit - kOurs : limit / 2;
  const std::uint64_t reserve = std::min(free - free / 2, kReserveMax);
  const std::uint64_t clients = std::min<std::uint64_t>(clients_max, free - reserve);
  return {.clients = clients,
          .pipes = std::max<std::uint64_t>(1, (free - clients) / kReserveOfAPipe)};
}

}  // namespace bramble::balance
