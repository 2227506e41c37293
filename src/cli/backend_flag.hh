// SPDX-License-Identifier: Apache-2.0
// A backend as the command line gives it: "HOST:PORT", or "NAME=HOST:PORT" with the name that
// people shall see; then ",weight=3" and ",max-connections=50".
#pragma once

#include <string>

#include "balance/options.hh"
#include "base/result.hh"

namespace bramble::cli {

// Asks the system's resolver where HOST is a name: may block for long.
Result<balance::BackendOptions> backend_of(const std::string& text, bool backup);

}  // namespace bramble::cli
