// SPDX-License-Identifier: Apache-2.0
// A lab's cables. Both bridges live in a namespace of their own (the switch), so the machine's own
// routes and firewall are never touched:
//
//     netns HOST          netns switch                   netns router
//       eth0 ═════════════ HOST ─ bridge lan ─ router-lan ═════ lan       masquerade, no way in
//                          HOST ─ bridge internet ─ router-internet ═ internet
//
// A cable is a veth pair. Whether it is cut, and its rate, are kept in the host's folder, since a
// host that loses power loses its namespace too (addresses, routes and rules with it).
// Blocks; one lab's network is changed by one process at a time.
#pragma once

#include <optional>
#include <string>

#include "base/result.hh"
#include "lab/place.hh"
#include "lab/rate.hh"

namespace bramble::lab {

Result<void> build_network(const Place& place);   // switch, router, operator
Result<void> remove_network(const Place& place);  // all namespaces, whatever lives in them

// A fresh namespace for the host, wired as its cable's state says.
Result<void> plug(const Place& place, const LabHost& host);
Result<void> unplug(const Place& place, const LabHost& host);

struct Cable {
  bool cut = false;
  std::optional<Rate> rate;  // none: as fast as it goes
};
Cable cable(const Place& place, const LabHost& host);
Result<void> set_cable(const Place& place, const LabHost& host, const Cable& cable);

}  // namespace bramble::lab
