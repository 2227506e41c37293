// SPDX-License-Identifier: Apache-2.0
// The step "brick": a filesystem of its own for the volume's files, at /srv/brick.
//
// It never changes an existing partition, a device with any signature, or a folder that holds
// anything: it refuses, and says what it saw. Everything written is planned in a journal first
// (brick_decision.hh), so that it converges wherever it was interrupted.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

std::unique_ptr<Step> brick_step();

}  // namespace bramble::provision
