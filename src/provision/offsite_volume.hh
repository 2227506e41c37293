// SPDX-License-Identifier: Apache-2.0
// The step "offsite": the copy's volume on the off-site machine, and the account that may write it.
//
// The volume is read-only to all but geo-replication. Geo-replication comes in as a user of its
// own, without password, whose keys can do nothing but run gsyncd and tar; glusterd mounts the
// volume for it (mountbroker). Nothing here, and no key, lets this machine reach the others.
#pragma once

#include <memory>

#include "provision/step.hh"

namespace bramble::provision {

inline constexpr std::string_view kGeoGroup = "geogroup";

std::unique_ptr<Step> offsite_volume_step();

}  // namespace bramble::provision
