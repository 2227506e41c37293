// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bramble {

std::string host_name();  // of this machine, as gethostname(2) gives it

}  // namespace bramble
