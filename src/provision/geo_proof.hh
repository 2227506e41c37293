// SPDX-License-Identifier: Apache-2.0
// The proof that files arrive off-site: a probe with a fresh token is written to the volume, and
// must be read on the off-site brick. What GlusterFS says of itself is not believed. The first node
// keeps a note of it, without which the step "georep" is not done:
//
//     /var/lib/bramble/georep-proven    session=VOLUME ID TARGET ID
//                                       token=…
//                                       state=arrived, or copying: the first copy, which may take
//                                             hours, was under way, and the probe waits its turn
#pragma once

#include <string>
#include <string_view>

#include "base/result.hh"
#include "provision/report.hh"
#include "provision/step.hh"

namespace bramble::provision {

inline constexpr std::string_view kGeoProof = "/var/lib/bramble/georep-proven";

// Pieces of looks, with volume= and target=, or volume= and brick= set; to be read by what follows.
extern const std::string_view kGeoProofNodeLook;
extern const std::string_view kGeoProofOffsiteLook;

// Which session is proven: both volumes by their ids. Pure, like the next.
std::string geo_session_id(const Cluster& cluster, const Report& node, const Report& offsite);
bool geo_is_proven(const std::string& session, const Report& node, const Report& offsite);

// Nothing is proven any more: before a session is changed.
Result<void> forget_geo_proof(Host& node);

// Blocks for a minute at the most; notes it.
Result<void> prove_geo_replication(const Site& site, Host& node, const std::string& session);

}  // namespace bramble::provision
