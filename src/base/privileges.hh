// SPDX-License-Identifier: Apache-2.0
// From root to a user without rights, for good.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/result.hh"

namespace bramble {

enum class Keep : std::uint8_t {
  kNothing,
  kLowPorts,  // CAP_NET_BIND_SERVICE: to listen below port 1024, also in programs that we become
};

struct User {
  uid_t id = 0;
  gid_t group = 0;
};
Result<User> find_user(const std::string& name);

// The whole process becomes that user, with its group and no others. Does nothing where it is that
// user already. To be called before threads that shall keep the right are started.
Result<void> become_user(const std::string& name, Keep keep);

}  // namespace bramble
