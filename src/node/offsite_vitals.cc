// SPDX-License-Identifier: Apache-2.0
#include "node/offsite_vitals.hh"

#include <algorithm>

namespace bramble {

GeoVitals offsite_vitals(const std::vector<VolumePulse::Beat>& beats, WallTime now) {
  GeoVitals vitals;
  for (const auto& [newest, journey] : beats) {
    vitals.beats.push_back(newest ? std::optional(unix_seconds(newest->time)) : std::nullopt);
    if (!newest) continue;
    if (const double time = *vitals.beats.back(); !vitals.beat_time || time < *vitals.beat_time) {
      vitals.beat_time = time;
      vitals.beat_writer = newest->writer;
    }
    if (const auto lag = lag_of(*newest, now, journey))
      vitals.lag_seconds = std::max(vitals.lag_seconds.value_or(0), in_seconds(*lag));
  }
  return vitals;
}

}  // namespace bramble
