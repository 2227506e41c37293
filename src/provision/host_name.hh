// SPDX-License-Identifier: Apache-2.0
// Step "host name": the machine calls itself as bramble.toml does.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> host_name_step();

}  // namespace bramble::provision
