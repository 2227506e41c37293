// SPDX-License-Identifier: Apache-2.0
// Addresses of TCP sockets: "192.168.2.5:80", "[2001:db8::5]:80".
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace bramble {

// An IPv4 or IPv6 address and a port. A value.
class Address {
 public:
  Address() { any_.generic.sa_family = AF_INET; }  // 0.0.0.0:0
  explicit Address(const sockaddr_in& v4) { any_.v4 = v4; }
  explicit Address(const sockaddr_in6& v6) { any_.v6 = v6; }

  bool is_v6() const { return any_.generic.sa_family == AF_INET6; }
  std::uint16_t port() const;
  void set_port(std::uint16_t port);

  std::string ip() const;    // "192.168.2.5", "2001:db8::5"; an IPv4 inside an IPv6 as IPv4
  std::string text() const;  // with the port, and brackets around an IPv6

  const sockaddr* data() const { return &any_.generic; }
  sockaddr* data() { return &any_.generic; }
  socklen_t size() const { return is_v6() ? sizeof any_.v6 : sizeof any_.v4; }
  friend bool operator==(const Address& a, const Address& b) { return a.text() == b.text(); }
  static constexpr socklen_t kSizeMax = sizeof(sockaddr_in6);

 private:
  union {
    sockaddr generic;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } any_{.v6 = {}};
};

// Without asking a name server: the host is an IP literal, or nothing or "*" for every address of
// this machine (0.0.0.0); "localhost" is 127.0.0.1. The port is a number.
Result<Address> parse_address(std::string_view text);

// The host may be a name, too: asks the system's resolver, which may block for long. Never empty.
Result<std::vector<Address>> resolve(std::string_view text);

}  // namespace bramble
