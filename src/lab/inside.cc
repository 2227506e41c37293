// SPDX-License-Identifier: Apache-2.0
#include "lab/inside.hh"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <thread>

namespace bramble::lab {
namespace {

Result<sockaddr_in> socket_address(const Target& target) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  if (::inet_pton(AF_INET, target.address.c_str(), &address.sin_addr) != 1)
    return failure("\"" + target.address + "\" is not an IPv4 address");
  return address;
}

Result<void> finish_connecting(int fd, const Target& target, const std::string& name) {
  pollfd ready = {fd, POLLOUT, 0};
  if (::poll(&ready, 1, static_cast<int>(target.at_most.count())) <= 0)
    return errno_error("connect " + name, ETIMEDOUT);
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) return errno_error("connect " + name, code);
  return {};
}

}  // namespace

Result<void> enter(const Place& place, const std::string& host) {
  const std::string path = place.netns_path(host);
  const UniqueFd netns(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!netns && errno == ENOENT) return failure(place.is_not_up());
  if (!netns) return errno_error("open " + path);
  if (::setns(netns.get(), CLONE_NEWNET) != 0) return errno_error("setns " + path);
  return {};
}

Result<UniqueFd> connect_to(const Target& target) {
  const sockaddr_in address = TRY(socket_address(target));
  const std::string name = target.address + ':' + std::to_string(target.port);
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    return errno_error("connect " + name);
  TRY(finish_connecting(fd.get(), target, name));
  if (::fcntl(fd.get(), F_SETFL, 0) != 0) return errno_error("fcntl");
  return fd;
}

Result<UniqueFd> connect_inside(const Place& place, const Target& target) {
  Result<UniqueFd> connection = failure("");
  std::thread([&] {
    const Result<void> entered = enter(place, kOperator);
    connection = entered.ok() ? connect_to(target) : Result<UniqueFd>(entered.error());
  }).join();
  return connection;
}

bool first_byte_comes(int fd, std::chrono::milliseconds at_most) {
  pollfd ready = {fd, POLLIN, 0};
  char byte = 0;
  return ::poll(&ready, 1, static_cast<int>(at_most.count())) == 1 &&
         ::recv(fd, &byte, 1, MSG_PEEK) == 1;
}

}  // namespace bramble::lab
