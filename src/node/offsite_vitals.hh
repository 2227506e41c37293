// SPDX-License-Identifier: Apache-2.0
// What the off-site machine tells of its copy by the heartbeats that have arrived there. Pure.
#pragma once

#include <vector>

#include "base/clock.hh"
#include "node/vitals.hh"
#include "node/volume_pulse.hh"

namespace bramble {

// The set of bricks that is furthest behind counts. Of which it is not known how far, does not.
GeoVitals offsite_vitals(const std::vector<VolumePulse::Beat>& beats, WallTime now);

}  // namespace bramble
