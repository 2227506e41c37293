// SPDX-License-Identifier: Apache-2.0
// The PROXY protocol: the first bytes of a connection by which a proxy in front says for whom it
// connects (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, 2020).
//
//   v1   "PROXY TCP4 203.0.113.9 198.51.100.9 51234 80\r\n", or TCP6, or UNKNOWN …   at most 107
//   bytes v2   a signature of 12 bytes, version and command, family, length; addresses; TLVs,
//   passed over
//
// Read strictly: numbers without leading zeros, one blank between, an address of its family.
// Whoever reads it must know that it comes, and from whom: it is never guessed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/address.hh"

namespace bramble {

enum class ProxyVersion : std::uint8_t { kV1, kV2 };

struct ProxyHeader {
  enum class Outcome : std::uint8_t { kMore, kDone, kBad };
  Outcome outcome = Outcome::kMore;
  std::size_t bytes = 0;  // of kDone: how many the header has
  // Of kDone. Nothing: the sender speaks for itself (v2's LOCAL, v1's UNKNOWN, families other than
  // TCP over IP).
  std::optional<Address> source;
};

inline constexpr std::size_t kProxyHeaderBytesMax = 16 + 4096;  // of v2, with its TLVs

ProxyHeader parse_proxy_header(std::string_view text);

// The header for a connection of `source` to `destination`; where the families differ, or there is
// no source, that the sender speaks for itself.
void append_proxy_header(std::string& out, ProxyVersion version,
                         const std::optional<Address>& source, const Address& destination);

}  // namespace bramble
