// SPDX-License-Identifier: Apache-2.0
// When which host breaks. The time is divided among the faults; in each one's share all is well,
// then it breaks, and after half of the share it is mended:
//
//     share 1                share 2                share 3
//     ├─────╳════════════─────┼──────────╳════════════┼──╳════════════─────────┤
//      well  broken      well
//
// After a quarter of each share, at the hosts in turn; or, with a seed, at a random moment of its
// first half, at any of them. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace bramble::drill {

struct Fault {
  std::chrono::milliseconds well{0};    // then it breaks
  std::chrono::milliseconds broken{0};  // then it is mended
  std::chrono::milliseconds mended{0};  // until the next share
  std::size_t host = 0;                 // of so many
};

struct SchedulePlan {
  std::chrono::milliseconds time{0};  // for all
  unsigned times = 1;
  std::size_t hosts = 1;
  std::optional<std::uint64_t> seed = {};  // the same seed, the same faults: on any machine
};

std::vector<Fault> schedule_of(const SchedulePlan& plan);

}  // namespace bramble::drill
