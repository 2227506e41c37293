// SPDX-License-Identifier: Apache-2.0
// Step "program": /usr/bin/bramble on every machine is this very program.
//
// Where a machine's architecture is another than ours, the program for it is looked for beside ours
// as bramble-ARCH, then as /usr/lib/bramble/ARCH/bramble (ARCH as dpkg names it: arm64, armhf).
#pragma once

#include <memory>
#include <string>

#include "provision/step.hh"

namespace bramble::provision {

// The path of the program that is running.
std::string running_program();

std::unique_ptr<Step> program_step(std::string program);

}  // namespace bramble::provision
