// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "lab/narrator.hh"

namespace bramble::lab {

// The Debian packages of the programs that a lab needs and `has` does not find, each once.
std::vector<std::string> missing_packages(const std::function<bool(const std::string&)>& has);

// Root, programs, devices. What the kernel has as modules is loaded; one limit of the machine is
// raised if it is too low for several labs, and that is said.
Result<void> check_machine(Narrator& narrator);

// For commands that need nothing but a lab that is up.
Result<void> check_root();

}  // namespace bramble::lab
