// SPDX-License-Identifier: Apache-2.0
// How a cluster is: what each machine says of itself, asked all at once over ssh.
//
//     {
//       "cluster": "berry",
//       "healthy": false,
//       "problems": ["cluster02: cannot be reached: …"],
//       "machines": [{
//         "name": "cluster01", "role": "node", "address": "192.168.2.5",
//         "reachable": true,
//         "services": {"bramble-web": "active", "bramble-vitals": "active"},
//         "firewall": true,                                whether its table is loaded; or null
//         "vitals": {…}, "vitals_age_seconds": 1.2       vitals as in /run/bramble/vitals.json, or
//         null
//       }],
//       "volume": {"name": "web", "bricks": 3, "bricks_online": 3, "heals_pending": 0},
//       "offsite": {"name": "cluster04", "lag_seconds": 4.2},   or null; the lag is null if unknown
//       "balancer": {…}                                  as in the balancer's /status.json, or null
//     }
#pragma once

#include <string>
#include <vector>

#include "provision/look.hh"
#include "provision/step.hh"

namespace bramble::provision {

// What one machine said.
struct Answer {
  std::string machine;
  std::string error;  // why it said nothing; "": it did
  Look look;
};

// In the machines' order. Blocks, about 10 s where one does not answer.
std::vector<Answer> ask_all(const Site& site);

struct Status {
  bool healthy = false;
  std::string json;  // the document above
  std::string text;  // for people: a table, then the volume, the copy, the balancer, the problems
};

// Pure.
Status status_of(const Cluster& cluster, const std::vector<Answer>& answers, bool colour);

}  // namespace bramble::provision
