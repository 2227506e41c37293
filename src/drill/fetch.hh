// SPDX-License-Identifier: Apache-2.0
// One download, looked at piece by piece.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "net/address.hh"

namespace bramble::drill {

struct Fetch {
  Address address;
  std::string host = "drill";  // the Host field
  std::string path;
  std::uint64_t bytes_a_second = 0;                              // 0: as fast as they come
  std::function<void(const std::string& served_by)> begun = {};  // with the first bytes
  std::function<void(std::uint64_t place, std::string_view bytes)> look;
  std::uint64_t trip_at = std::numeric_limits<std::uint64_t>::max();  // calls trip, once
  std::function<void(const std::string& served_by)> trip = {};
};
struct Fetched {
  std::string fault;  // "": it was whole
  std::uint64_t bytes = 0;
  std::chrono::microseconds longest_silence{0};  // from the beginning to the first piece,
                                                 // between two, and from the last to the end
  std::uint64_t silent_at = 0;                   // the byte that it waited for then
};
Fetched fetch(const Fetch& what);  // blocks

}  // namespace bramble::drill
