// SPDX-License-Identifier: Apache-2.0
// ICMP echo (RFC 792): one address, asked now and then whether it is there. Needs CAP_NET_RAW.
#pragma once

#include <netinet/in.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hh"
#include "base/unique_fd.hh"

namespace bramble {

// The 8 octets of an echo request, checksum and all.
std::string echo_request(std::uint16_t identifier, std::uint16_t sequence);

// Whether this IPv4 packet, header and all, is the answer to one of ours.
bool is_echo_reply(std::string_view packet, std::uint16_t identifier);

class Echo {
 public:
  static Result<Echo> to(const std::string& address);  // an IPv4 literal

  void ask();       // sends one; what cannot be sent counts as not answered
  bool answered();  // whether an answer came since the last ask; never waits

 private:
  Echo() = default;
  Result<void> connect();

  sockaddr_in peer_{};
  // Raw, connected: it sees what comes from that address only. A connected socket keeps the source
  // address of the route that it was connected by: a new one for each question, as the tunnel may
  // have come, or come anew, since.
  UniqueFd socket_;
  std::uint16_t identifier_ = static_cast<std::uint16_t>(::getpid());
  std::uint16_t sequence_ = 0;
};

}  // namespace bramble
