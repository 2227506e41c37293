// SPDX-License-Identifier: Apache-2.0
#include "base/privileges.hh"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace bramble {
namespace {

constexpr std::uint32_t kLowPortsBit = 1U << CAP_NET_BIND_SERVICE;

// Of this thread, and of those it starts; "ambient" hands it on to a program that it becomes.
Result<void> keep_low_ports_only() {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> data = {};
  data[0] = {.effective = kLowPortsBit, .permitted = kLowPortsBit, .inheritable = kLowPortsBit};
  if (::syscall(SYS_capset, &header, data.data()) != 0) return errno_error("capset");
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) != 0)
    return errno_error("prctl PR_CAP_AMBIENT");
  return {};
}

}  // namespace

Result<User> find_user(const std::string& name) {
  const passwd* const user = ::getpwnam(name.c_str());
  if (user == nullptr) return failure("there is no user \"" + name + "\": name one that exists");
  return User{.id = user->pw_uid, .group = user->pw_gid};
}

Result<void> become_user(const std::string& name, Keep keep) {
  const auto [uid, gid] = TRY(find_user(name));
  if (::getuid() == uid && ::geteuid() == uid) return {};
  if (::geteuid() != 0)
    return failure("only root can become user \"" + name + "\": start it as root, or without");
  if (keep == Keep::kLowPorts && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
    return errno_error("prctl PR_SET_KEEPCAPS");
  if (::setgroups(0, nullptr) != 0) return errno_error("setgroups");
  if (::setgid(gid) != 0) return errno_error("setgid");
  if (::setuid(uid) != 0) return errno_error("setuid");
  if (keep == Keep::kLowPorts) TRY(keep_low_ports_only());
  return {};
}

}  // namespace bramble
