// SPDX-License-Identifier: Apache-2.0
// A range of addresses: "10.0.0.0/8", "2001:db8::/32", or one address, "127.0.0.1". A value.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/address.hh"

namespace bramble {

class Prefix {
 public:
  // An IPv4 inside an IPv6 ("::ffff:10.0.0.1") is that IPv4.
  bool contains(const Address& address) const;

 private:
  friend Result<Prefix> parse_prefix(std::string_view text);

  bool v6_ = false;
  unsigned bits_ = 0;
  std::array<std::uint8_t, 16> bytes_{};  // the first four of an IPv4
};

// Bits of the address behind the prefix must be zero: they would be a mistake.
Result<Prefix> parse_prefix(std::string_view text);

bool contains(std::span<const Prefix> prefixes, const Address& address);

}  // namespace bramble
