// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/vitals.hh"

namespace bramble {

// What the kernel tells of this machine; what it does not tell stays 0 or empty. The files are
// looked for below the root: "" but in tests.
MachineVitals read_machine_vitals(const std::string& root = "");

}  // namespace bramble
