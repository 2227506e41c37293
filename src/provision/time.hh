// SPDX-License-Identifier: Apache-2.0
// Step "time": the cluster's time zone, and a clock that is kept right by NTP: logs, signatures and
// the measured lag of the off-site copy rest on it.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> time_step();

}  // namespace bramble::provision
