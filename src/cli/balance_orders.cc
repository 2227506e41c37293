// SPDX-License-Identifier: Apache-2.0
#include "cli/balance_orders.hh"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/unique_fd.hh"
#include "cli/commands.hh"

namespace bramble::cli {
namespace {

constexpr std::string_view kServicePath = "/run/bramble-balance/control";
constexpr timeval kPatience = {.tv_sec = 120, .tv_usec = 0};

Result<UniqueFd> connect_to_balancer(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return failure(path + ": the path is too long");
  path.copy(address.sun_path, path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("socket");
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    Error error = errno_error("connect " + path);
    error.what += ": is the balancer running, and this its --control?";
    return error;
  }
  return fd;
}

// All that comes until the balancer closes.
Result<std::string> ask(const std::string& path, std::string_view order) {
  const UniqueFd fd = TRY(connect_to_balancer(path));
  const std::string line = std::string(order) + "\n";
  if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0)
    return errno_error("send to " + path);
  std::string reply;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t got = ::recv(fd.get(), piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("receive from " + path);
    if (got == 0) return reply;
    reply.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

int order_balancer(const std::string& path, std::string_view order) {
  const std::string where = path.empty() ? std::string(kServicePath) : path;
  const Result<std::string> reply = ask(where, order);
  if (!reply.ok()) return tell(reply.error());
  if (*reply == "done\n") return kDone;
  if (reply->empty())
    return tell(failure(where + ": the balancer ended before it told what came of it"));
  (void)std::fprintf(stderr, "bramble: %s", reply->c_str());
  return kFailed;
}

}  // namespace bramble::cli
