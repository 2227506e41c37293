// SPDX-License-Identifier: Apache-2.0
#include "net/prefix.hh"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "base/text.hh"

namespace bramble {
namespace {

constexpr unsigned kV4Bits = 32;
constexpr unsigned kV6Bits = 128;

struct Bytes {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};
};

Bytes bytes_of(const Address& address) {
  Bytes out;
  if (!address.is_v6()) {
    std::memcpy(out.bytes.data(), &reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr,
                4);
    return out;
  }
  const in6_addr& ip = reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&ip)) {
    std::memcpy(out.bytes.data(), &ip.s6_addr[12], 4);
    return out;
  }
  out.v6 = true;
  std::memcpy(out.bytes.data(), &ip, 16);
  return out;
}

bool bit(const std::array<std::uint8_t, 16>& bytes, unsigned index) {
  return ((bytes[index / 8] >> (7 - index % 8)) & 1U) != 0;
}

bool same_bits(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b,
               unsigned bits) {
  const unsigned whole = bits / 8;
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  const auto rest = static_cast<std::uint8_t>(0xff00U >> (bits % 8));
  return bits % 8 == 0 || ((a[whole] ^ b[whole]) & rest) == 0;
}

}  // namespace

bool Prefix::contains(const Address& address) const {
  const Bytes other = bytes_of(address);
  return other.v6 == v6_ && same_bits(bytes_, other.bytes, bits_);
}

Result<Prefix> parse_prefix(std::string_view text) {
  const auto bad = [&](const char* why) {
    return failure("\"" + std::string(text) + "\" is no address or prefix like 10.0.0.0/8: " + why);
  };
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string host(text.substr(0, slash));
  Prefix prefix;
  prefix.v6_ = host.find(':') != std::string::npos;
  if (::inet_pton(prefix.v6_ ? AF_INET6 : AF_INET, host.c_str(), prefix.bytes_.data()) != 1)
    return bad("it does not begin with an IP address");
  const unsigned most = prefix.v6_ ? kV6Bits : kV4Bits;
  prefix.bits_ = most;
  if (slash < text.size()) {
    const std::optional<std::uint64_t> bits = parse_number(text.substr(slash + 1));
    if (!bits || *bits > most) return bad("its length is no number of bits");
    prefix.bits_ = static_cast<unsigned>(*bits);
  }
  for (unsigned i = prefix.bits_; i < most; ++i)
    if (bit(prefix.bytes_, i)) return bad("there are bits set behind its length");
  return prefix;
}

bool contains(std::span<const Prefix> prefixes, const Address& address) {
  return std::ranges::any_of(prefixes, [&](const Prefix& p) { return p.contains(address); });
}

}  // namespace bramble
