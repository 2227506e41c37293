// SPDX-License-Identifier: Apache-2.0
// A node that was installed anew, such as on a new SD card: GlusterFS's other nodes know it by an
// identity that its fresh glusterd has not, reject it, and hold all its files. It gets back
//
//     the identity   its UUID, and the others as its peers, both in glusterd's own files: a probe
//                    from there may stop half-way, in a state that no later one ends
//     the blame      of missing something, noted beside the others: so it is nobody's source
//     the brick      empty, marked as the volume's, owned as on the others (the volume's own folder
//                    is the one thing that is not healed)
//     the files      their names by looking each of them up, their content from the heal daemons
//
// One at a time: what the others hold is what it is filled from. A part of the step "pool".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "provision/gluster.hh"
#include "provision/pool_sources.hh"
#include "provision/step.hh"

namespace bramble::provision {

struct Restoration {
  std::string node;
  std::string uuid;         // by which the others know it
  std::string witness;      // one of them, which has the volume
  std::vector<Peer> peers;  // the others
  Source source;
};

// Nothing where every node is in its place, or there is no volume yet. A node whose brick is made,
// but not mounted, is in its place: its disk may be slow, or out for a moment. The Error is a
// refusal: what was seen, and what to do.
Result<std::optional<Restoration>> find_restoration(const Site& site);

// Killed at any point, find_restoration finds it again, until all names are there.
Result<void> restore(const Site& site, const Restoration& restoration);

}  // namespace bramble::provision
