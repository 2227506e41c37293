// SPDX-License-Identifier: Apache-2.0
#include "base/host_name.hh"

#include <unistd.h>

#include <climits>

#include "base/result.hh"

namespace bramble {

std::string host_name() {
  std::string name(HOST_NAME_MAX + 1, '\0');
  BRAMBLE_CHECK(::gethostname(name.data(), name.size()) == 0);
  return name.c_str();
}

}  // namespace bramble
