// SPDX-License-Identifier: Apache-2.0
// A GET by a connection of its own, in the network namespace of the thread that asks.
#pragma once

#include <cstdint>
#include <string>

namespace bramble::test {

// Status 0: no answer, or no whole one, within three seconds.
struct Got {
  int status = 0;
  std::string body;
};
Got get_from(const std::string& address, std::uint16_t port, const std::string& path);

}  // namespace bramble::test
