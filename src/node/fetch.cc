// SPDX-License-Identifier: Apache-2.0
#include "node/fetch.hh"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>

#include "base/unique_fd.hh"

namespace bramble {
namespace {

constexpr std::size_t kAnswerBytesMax = 1 << 20;

Result<UniqueFd> connect_to(const FetchTarget& target) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  if (::inet_pton(AF_INET, target.address.c_str(), &address.sin_addr) != 1)
    return failure(fmt::format("\"{}\" is no IPv4 address", target.address));
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno_error("socket");
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(target.patience);
  const timeval patience{.tv_sec = whole.count(),
                         .tv_usec = std::chrono::microseconds(target.patience - whole).count()};
  for (const int step : {SO_SNDTIMEO, SO_RCVTIMEO})  // the first one is for connect, too
    if (::setsockopt(socket.get(), SOL_SOCKET, step, &patience, sizeof patience) != 0)
      return errno_error("setsockopt");
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errno_error(fmt::format("connect to {}:{}", target.address, target.port));
  return socket;
}

Result<std::string> read_to_end(int socket) {
  std::string answer;
  std::array<char, 16384> piece;
  for (;;) {
    const ssize_t n = ::recv(socket, piece.data(), piece.size(), 0);
    if (n == 0) return answer;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("recv");
    answer.append(piece.data(), static_cast<std::size_t>(n));
    if (answer.size() > kAnswerBytesMax) return failure("an answer of more than 1 MiB");
  }
}

}  // namespace

Result<std::string> fetch(const FetchTarget& target) {
  const UniqueFd socket = TRY(connect_to(target));
  // HTTP/1.0: the answer is not chunked, and ends with the connection.
  const std::string request =
      fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", target.path, target.address);
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return errno_error("send");
  const std::string answer = TRY(read_to_end(socket.get()));
  const std::size_t end_of_head = answer.find("\r\n\r\n");
  const std::string_view status = std::string_view(answer).substr(0, answer.find("\r\n"));
  if (end_of_head == answer.npos || !status.starts_with("HTTP/1.") || status.size() < 12)
    return failure(fmt::format("{}:{} does not speak HTTP", target.address, target.port));
  if (status.substr(9, 3) != "200")
    return failure(fmt::format("GET http://{}:{}{}: {}", target.address, target.port, target.path,
                               status.substr(9)));
  return answer.substr(end_of_head + 4);
}

}  // namespace bramble
