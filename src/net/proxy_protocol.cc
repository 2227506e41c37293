// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_protocol.hh"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/text.hh"

namespace bramble {
namespace {

using Outcome = ProxyHeader::Outcome;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kV2Head = 16;
constexpr std::size_t kLineBytesMax = 107;  // of v1, with CR LF
constexpr std::string_view kV1 = "PROXY ";
constexpr std::uint8_t kLocal = 0x20;  // version 2, command
constexpr std::uint8_t kProxy = 0x21;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;
constexpr std::size_t kTcp4Bytes = 12;
constexpr std::size_t kTcp6Bytes = 36;

ProxyHeader bad() { return {.outcome = Outcome::kBad, .bytes = 0, .source = {}}; }

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// `ip` has 4 or 16 bytes, `port` two, both as on the wire.
Address address_of(std::string_view ip, std::string_view port) {
  if (ip.size() == 4) {
    sockaddr_in v4 = {};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, ip.data(), 4);
    std::memcpy(&v4.sin_port, port.data(), 2);
    return Address(v4);
  }
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, ip.data(), 16);
  std::memcpy(&v6.sin6_port, port.data(), 2);
  return Address(v6);
}

std::optional<Address> parse_ip(std::string_view text, int family) {
  std::array<char, 16> bytes{};
  if (text.size() > 45 || ::inet_pton(family, std::string(text).c_str(), bytes.data()) != 1)
    return std::nullopt;
  const std::string_view ip(bytes.data(), family == AF_INET ? 4 : 16);
  return address_of(ip, std::string_view("\0\0", 2));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const std::optional<std::uint64_t> port = parse_number(text);
  if (!port || *port > 65535 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

// The words of the line, without its "PROXY " and its CR LF.
ProxyHeader parse_line(std::string_view line, std::size_t bytes) {
  const ProxyHeader local = {.outcome = Outcome::kDone, .bytes = bytes, .source = {}};
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return local;
  const std::vector<std::string_view> parts = split(line, ' ');
  if (parts.size() != 5 || (parts[0] != "TCP4" && parts[0] != "TCP6")) return bad();
  const int family = parts[0] == "TCP4" ? AF_INET : AF_INET6;
  std::optional<Address> source = parse_ip(parts[1], family);
  const std::optional<std::uint16_t> port = parse_port(parts[3]);
  if (!source || !parse_ip(parts[2], family) || !port || !parse_port(parts[4])) return bad();
  source->set_port(*port);
  return {.outcome = Outcome::kDone, .bytes = bytes, .source = source};
}

ProxyHeader parse_v1(std::string_view text) {
  const std::string_view start = text.substr(0, kV1.size());
  if (!kV1.starts_with(start)) return bad();
  const std::size_t end =
      text.substr(0, kLineBytesMax).find_first_of(std::string_view("\r\n\0", 3));
  if (end == std::string_view::npos) return text.size() < kLineBytesMax ? ProxyHeader{} : bad();
  if (text[end] != '\r') return bad();
  if (end + 1 == text.size()) return {};
  if (text[end + 1] != '\n' || end + 2 > kLineBytesMax) return bad();
  return parse_line(text.substr(kV1.size(), end - kV1.size()), end + 2);
}

ProxyHeader parse_v2(std::string_view text) {
  const std::string_view start = text.substr(0, kSignature.size());
  if (!kSignature.starts_with(start)) return bad();
  if (text.size() > 12 && byte_at(text, 12) != kLocal && byte_at(text, 12) != kProxy) return bad();
  if (text.size() < kV2Head) return {};
  const std::size_t length = byte_at(text, 14) * 256U + byte_at(text, 15);
  if (kV2Head + length > kProxyHeaderBytesMax) return bad();
  const std::uint8_t family = byte_at(text, 13);
  const bool proxied = byte_at(text, 12) == kProxy;
  const std::size_t needed = family == kTcp4 ? kTcp4Bytes : family == kTcp6 ? kTcp6Bytes : 0;
  if (proxied && length < needed) return bad();
  if (text.size() < kV2Head + length) return {};
  ProxyHeader header = {.outcome = Outcome::kDone, .bytes = kV2Head + length, .source = {}};
  if (!proxied || needed == 0) return header;
  const std::size_t ip = family == kTcp4 ? 4 : 16;
  header.source = address_of(text.substr(kV2Head, ip), text.substr(kV2Head + 2 * ip, 2));
  return header;
}

// An IPv4 inside an IPv6 as an IPv4.
Address plain(const Address& address) {
  if (!address.is_v6()) return address;
  sockaddr_in6 v6 = {};
  std::memcpy(&v6, address.data(), sizeof v6);
  if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return address;
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_port = v6.sin6_port;
  std::memcpy(&v4.sin_addr, &v6.sin6_addr.s6_addr[12], 4);
  return Address(v4);
}

void append_raw(std::string& out, const void* data, std::size_t bytes) {
  out.append(static_cast<const char*>(data), bytes);
}

void append_v2(std::string& out, const Address& source, const Address& destination) {
  const bool v6 = source.is_v6();
  const char head[] = {static_cast<char>(kProxy), static_cast<char>(v6 ? kTcp6 : kTcp4), 0,
                       static_cast<char>(v6 ? kTcp6Bytes : kTcp4Bytes)};
  out.append(kSignature).append(head, sizeof head);
  for (const Address* each : {&source, &destination}) {
    if (v6)
      append_raw(out, &reinterpret_cast<const sockaddr_in6*>(each->data())->sin6_addr, 16);
    else
      append_raw(out, &reinterpret_cast<const sockaddr_in*>(each->data())->sin_addr, 4);
  }
  for (const Address* each : {&source, &destination}) {
    const std::uint16_t port = htons(each->port());
    append_raw(out, &port, sizeof port);
  }
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view text) {
  if (text.empty()) return {};
  return text[0] == kSignature[0] ? parse_v2(text) : parse_v1(text);
}

void append_proxy_header(std::string& out, ProxyVersion version,
                         const std::optional<Address>& source, const Address& destination) {
  const Address from = plain(source.value_or(Address()));
  const Address to = plain(destination);
  const bool told = source && from.is_v6() == to.is_v6();
  if (version == ProxyVersion::kV2) {
    if (told) return append_v2(out, from, to);
    const char head[] = {static_cast<char>(kLocal), 0, 0, 0};
    out.append(kSignature).append(head, sizeof head);
    return;
  }
  if (!told) {
    out.append("PROXY UNKNOWN\r\n");
    return;
  }
  out.append(from.is_v6() ? "PROXY TCP6 " : "PROXY TCP4 ").append(from.ip()).append(" ");
  out.append(to.ip()).append(" ").append(std::to_string(from.port())).append(" ");
  out.append(std::to_string(to.port())).append("\r\n");
}

}  // namespace bramble
