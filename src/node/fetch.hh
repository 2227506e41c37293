// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.hh"

namespace bramble {

struct FetchTarget {
  std::string address;  // an IPv4 literal
  std::uint16_t port = 80;
  std::string path = "/";
  std::chrono::milliseconds patience = std::chrono::seconds(5);  // for each step of the exchange
};

// The body of an answer 200 to a GET, of at most 1 MiB: for asking our own servers now and then.
// Blocks.
Result<std::string> fetch(const FetchTarget& target);

}  // namespace bramble
