// SPDX-License-Identifier: Apache-2.0
// Step "program": /usr/bin/bramble on every machine is this very program.
//
// Where a machine's architecture is another than ours, the program for it is looked for beside ours
// as bramble-ARCH, then where make puts it (build/release/bramble: build/ARCH/bramble), then as
// /usr/lib/bramble/ARCH/bramble (ARCH as dpkg names it: arm64, armhf).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "provision/step.hh"

namespace bramble::provision {

// What this program was built for, as dpkg names it.
std::string_view own_architecture();

// The path of the program that is running.
std::string running_program();

std::unique_ptr<Step> program_step(std::string program);

}  // namespace bramble::provision
