// SPDX-License-Identifier: Apache-2.0
#include "net/address.hh"

#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "base/text.hh"

namespace bramble {
namespace {

struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;
};

Error not_an_address(std::string_view text, const char* why) {
  return failure("\"" + std::string(text) + "\" is not HOST:PORT: " + why);
}

Result<HostAndPort> split_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return not_an_address(text, "the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::optional<std::uint64_t> port = parse_number(text.substr(colon + 1));
  if (!port || *port > 65535)
    return not_an_address(text, "the port must be a number from 0 to 65535");
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return not_an_address(text, "write an IPv6 address in brackets, [::1]:80");
  return HostAndPort{.host = std::string(host), .port = static_cast<std::uint16_t>(*port)};
}

std::optional<Address> literal(const HostAndPort& from) {
  std::string host = from.host;
  if (host.empty() || host == "*") host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(from.port);
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return Address(v4);
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(from.port);
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) return Address(v6);
  return std::nullopt;
}

}  // namespace

std::uint16_t Address::port() const {
  return ntohs(is_v6() ? any_.v6.sin6_port : any_.v4.sin_port);
}

void Address::set_port(std::uint16_t port) {
  (is_v6() ? any_.v6.sin6_port : any_.v4.sin_port) = htons(port);
}

std::string Address::ip() const {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (!is_v6())
    ::inet_ntop(AF_INET, &any_.v4.sin_addr, text.data(), text.size());
  else if (IN6_IS_ADDR_V4MAPPED(&any_.v6.sin6_addr))
    ::inet_ntop(AF_INET, &any_.v6.sin6_addr.s6_addr[12], text.data(), text.size());
  else
    ::inet_ntop(AF_INET6, &any_.v6.sin6_addr, text.data(), text.size());
  return text.data();
}

std::string Address::text() const {
  const std::string host = ip();
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

Result<Address> parse_address(std::string_view text) {
  const HostAndPort parts = TRY(split_port(text));
  const std::optional<Address> address = literal(parts);
  if (!address) return not_an_address(text, "the host must be an IP address here");
  return *address;
}

Result<std::vector<Address>> resolve(std::string_view text) {
  const HostAndPort parts = TRY(split_port(text));
  if (const std::optional<Address> address = literal(parts)) return std::vector{*address};
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(parts.host.c_str(), nullptr, &hints, &found);
  if (failed == EAI_SYSTEM) return errno_error("resolve " + parts.host);
  if (failed != 0) return failure("resolve " + parts.host + ": " + ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
    Address address;
    std::memcpy(address.data(), each->ai_addr, each->ai_addrlen);
    address.set_port(parts.port);
    addresses.push_back(address);
  }
  if (addresses.empty()) return failure("resolve " + parts.host + ": no IPv4 or IPv6 address");
  return addresses;
}

}  // namespace bramble
