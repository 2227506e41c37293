// SPDX-License-Identifier: Apache-2.0
#include "system/plain_get.hh"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdlib>

#include "base/unique_fd.hh"

namespace bramble::test {

Got get_from(const std::string& address, std::uint16_t port, const std::string& path) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 3, .tv_usec = 0};
  for (const int step : {SO_SNDTIMEO, SO_RCVTIMEO})
    (void)::setsockopt(socket.get(), SOL_SOCKET, step, &patience, sizeof patience);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(port);
  (void)::inet_pton(AF_INET, address.c_str(), &peer.sin_addr);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0)
    return {};
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
  (void)::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer(1 << 18, '\0');
  std::size_t size = 0;
  for (ssize_t n = 0;
       (n = ::recv(socket.get(), answer.data() + size, answer.size() - size, 0)) > 0;)
    size += static_cast<std::size_t>(n);
  answer.resize(size);
  const std::size_t head = answer.find("\r\n\r\n");
  const std::size_t length = answer.find("Content-Length: ");
  if (head == answer.npos || length > head) return {};
  Got got{.status = std::atoi(answer.c_str() + 9), .body = answer.substr(head + 4)};
  const bool whole = got.body.size() == std::stoull(answer.substr(length + 16));
  return whole ? got : Got{};  // a reset is no answer
}

}  // namespace bramble::test
