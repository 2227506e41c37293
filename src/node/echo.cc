// SPDX-License-Identifier: Apache-2.0
#include "node/echo.hh"

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <array>

namespace bramble {
namespace {

constexpr std::size_t kHeaderMin = 20;  // of IPv4
constexpr std::size_t kEchoSize = 8;

std::uint8_t octet(std::string_view packet, std::size_t at) {
  return static_cast<std::uint8_t>(packet[at]);
}

}  // namespace

std::string echo_request(std::uint16_t identifier, std::uint16_t sequence) {
  // RFC 1071: the ones' complement of the ones' complement sum; code and checksum are 0.
  std::uint32_t sum = (std::uint32_t{ICMP_ECHO} << 8U) + identifier + sequence;
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  const auto checksum = static_cast<std::uint16_t>(~sum);
  std::string packet = {ICMP_ECHO, 0};
  for (const std::uint16_t word : {checksum, identifier, sequence}) {
    packet += static_cast<char>(word >> 8U);
    packet += static_cast<char>(word & 0xffU);
  }
  return packet;
}

bool is_echo_reply(std::string_view packet, std::uint16_t identifier) {
  if (packet.size() < kHeaderMin) return false;
  const std::size_t header = std::size_t{4} * (octet(packet, 0) & 0x0fU);
  if (header < kHeaderMin || packet.size() < header + kEchoSize) return false;
  packet.remove_prefix(header);
  return octet(packet, 0) == ICMP_ECHOREPLY && octet(packet, 4) == identifier >> 8U &&
         octet(packet, 5) == (identifier & 0xffU);
}

Result<Echo> Echo::to(const std::string& address) {
  Echo echo;
  echo.peer_.sin_family = AF_INET;
  if (::inet_pton(AF_INET, address.c_str(), &echo.peer_.sin_addr) != 1)
    return failure("not an IPv4 address: " + address);
  TRY(echo.connect());
  return echo;
}

Result<void> Echo::connect() {
  socket_.reset(::socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP));
  if (!socket_) return errno_error("open a raw socket for ICMP");
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&peer_), sizeof peer_) != 0)
    socket_.reset();  // no route yet
  return {};
}

void Echo::ask() {
  if (!connect().ok() || !socket_) return;
  const std::string packet = echo_request(identifier_, sequence_++);
  (void)::send(socket_.get(), packet.data(), packet.size(), 0);
}

bool Echo::answered() {
  if (!socket_) return false;
  bool answered = false;
  std::array<char, 256> packet;
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), packet.data(), packet.size(), 0);
    if (got < 0) return answered;
    const std::string_view whole(packet.data(), static_cast<std::size_t>(got));
    answered = answered || is_echo_reply(whole, identifier_);
  }
}

}  // namespace bramble
