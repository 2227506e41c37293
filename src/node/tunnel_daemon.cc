// SPDX-License-Identifier: Apache-2.0
#include "node/tunnel_daemon.hh"

#include <fmt/format.h>
#include <sys/socket.h>

extern "C" {  // which glibc 2.36 forgot
#include <sys/pidfd.h>
}

#include <filesystem>
#include <optional>

#include "base/file.hh"
#include "base/text.hh"
#include "base/unique_fd.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

std::optional<int> option_of(int socket, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(socket, SOL_SOCKET, name, &value, &size) != 0) return std::nullopt;
  return value;
}

// Whether it is one that had less.
Result<bool> widen(int socket) {
  const std::optional<int> domain = option_of(socket, SO_DOMAIN);
  if (option_of(socket, SO_TYPE) != SOCK_DGRAM || (domain != AF_INET && domain != AF_INET6))
    return false;
  if (option_of(socket, SO_RCVBUF).value_or(0) >= 2 * kDaemonBuffer) return false;
  if (::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &kDaemonBuffer, sizeof kDaemonBuffer) != 0)
    return errno_error("setsockopt SO_RCVBUFFORCE");
  return true;
}

}  // namespace

std::optional<pid_t> tunnel_daemon(const std::string& proc, std::string_view interface) {
  // Its command is "wireguard-go INTERFACE"; arguments end with a NUL.
  const std::string ending = fmt::format("wireguard-go{0}{1}{0}", '\0', interface);
  for (const std::string& process : names_in(proc)) {
    const auto number = parse_number(process);
    if (!number) continue;
    if (content_of(proc + "/" + process + "/cmdline").ends_with(ending))
      return static_cast<pid_t>(*number);
  }
  return std::nullopt;
}

Result<int> widen_buffers(pid_t daemon) {
  const UniqueFd process(::pidfd_open(daemon, 0));
  if (!process) return errno_error(fmt::format("pidfd_open {}", daemon));
  int widened = 0;
  const std::string folder = fmt::format("/proc/{}/fd", daemon);
  for (const std::string& name : names_in(folder)) {
    std::error_code none;
    if (!fs::read_symlink(folder + "/" + name, none).string().starts_with("socket:")) continue;
    const auto number = parse_number(name);
    if (!number) continue;
    const UniqueFd socket(::pidfd_getfd(process.get(), static_cast<int>(*number), 0));
    if (!socket) return errno_error(fmt::format("pidfd_getfd {}", daemon));
    widened += TRY(widen(socket.get())) ? 1 : 0;
  }
  return widened;
}

}  // namespace bramble
