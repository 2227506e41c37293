// SPDX-License-Identifier: Apache-2.0
#include "base/sd_notify.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/text.hh"
#include "base/unique_fd.hh"

namespace bramble {

void sd_notify(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), size);
}

void sd_notify_reloading(Monotonic now) {
  const auto time =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  sd_notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", time));
}

std::optional<std::chrono::microseconds> watchdog_time() {
  const char* const time = std::getenv("WATCHDOG_USEC");
  const char* const pid = std::getenv("WATCHDOG_PID");
  if (time == nullptr) return std::nullopt;
  if (pid != nullptr && parse_number(pid) != static_cast<std::uint64_t>(::getpid()))
    return std::nullopt;
  const std::uint64_t microseconds = parse_number(time).value_or(0);
  if (microseconds == 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

}  // namespace bramble
