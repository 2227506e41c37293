// SPDX-License-Identifier: Apache-2.0
#include "net/inheritance.hh"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/log.hh"
#include "base/text.hh"
#include "net/socket.hh"

namespace bramble {
namespace {

constexpr int kFirstActivated = 3;  // SD_LISTEN_FDS_START

bool is_listening_tcp(int fd) {
  int listening = 0, protocol = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) return false;
  size = sizeof protocol;
  return ::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && listening != 0 &&
         protocol == IPPROTO_TCP;
}

}  // namespace

Inheritance Inheritance::take() {
  Inheritance taken;
  const char* const handover = std::getenv("BRAMBLE_HANDOVER");
  const char* const pid = std::getenv("LISTEN_PID");
  if (handover != nullptr)
    taken.take_handover(handover);
  else if (pid != nullptr && parse_number(pid) == static_cast<std::uint64_t>(::getpid()))
    taken.take_activation(std::getenv("LISTEN_FDS"), std::getenv("LISTEN_FDNAMES"));
  for (const char* name : {"BRAMBLE_HANDOVER", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    ::unsetenv(name);
  return taken;
}

void Inheritance::take_handover(const char* text) {
  from_predecessor_ = true;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = part.substr(0, equals);
    const int fd = static_cast<int>(parse_number(part.substr(equals + 1)).value_or(0));
    if (fd <= STDERR_FILENO) continue;
    if (name == "ready") {
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
      ready_ = UniqueFd(fd);
    } else {
      add(fd, name == "admin" ? Door::kAdmin : Door::kClients);
    }
  }
}

void Inheritance::take_activation(const char* count, const char* names) {
  if (count == nullptr) return;
  const std::vector<std::string_view> by_name = split(names != nullptr ? names : "", ':');
  const std::size_t sockets = parse_number(count).value_or(0);
  for (std::size_t i = 0; i < sockets; ++i)
    add(kFirstActivated + static_cast<int>(i),
        i < by_name.size() && by_name[i] == "admin" ? Door::kAdmin : Door::kClients);
}

void Inheritance::add(int fd, Door door) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  const Result<Address> address = local_address(fd);
  if (!is_listening_tcp(fd) || !address.ok())
    return log::warning("inherited descriptor {} is no listening TCP socket: it is not used", fd);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  sockets_.push_back({.fd = UniqueFd(fd), .door = door, .address = *address});
}

std::vector<UniqueFd> Inheritance::claim(Door door, const Address& wanted) {
  Address at = wanted;
  if (at.port() == 0)
    for (const Socket& socket : sockets_)
      if (socket.door == door && socket.address.ip() == wanted.ip()) at = socket.address;
  std::vector<UniqueFd> claimed;
  for (Socket& socket : sockets_)
    if (socket.door == door && socket.address == at) claimed.push_back(std::move(socket.fd));
  std::erase_if(sockets_, [](const Socket& socket) { return !socket.fd; });
  return claimed;
}

std::vector<Address> Inheritance::addresses(Door door) const {
  std::vector<Address> all;
  for (const Socket& socket : sockets_)
    if (socket.door == door && std::ranges::find(all, socket.address) == all.end())
      all.push_back(socket.address);
  return all;
}

void Inheritance::close_unclaimed() {
  for (const Socket& socket : sockets_)
    log::info("{} was listened on before, and is not any more", socket.address.text());
  sockets_.clear();
}

void Inheritance::tell_ready() {
  if (!ready_) return;
  const int well = 0;
  if (::write(ready_.get(), &well, sizeof well) != sizeof well)
    log::warning("the program before this one is gone already");
  ready_.reset();
}

}  // namespace bramble
