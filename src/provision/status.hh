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
//         "services": {"bramble-web": "active", "bramble-vitals": "active"},   or null: not known
//         "firewall": true,                                whether its table is loaded; or null
//         "vitals": {…}, "vitals_age_seconds": 1.2         as in /run/bramble/vitals.json; or null
//       }],
//       "volume": {"name": "web", "bricks": 3,
//                  "bricks_online": 2,                     of those that are known; null: none is
//                  "bricks_unknown": 1,
//                  "heals_pending": 0},                    null: not known
//       "offsite": {"name": "cluster04",                   or null
//                   "lag_seconds": 4.2,                    null: not known
//                   "lag_seconds_max": 4.2},               as much, or that it is less than; or
//                   null
//       "balancer": {…}                                    its /status.json; or null
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
  std::string error;  // why it said nothing, and what to do; "": it did
  Look look;
};

// In the machines' order. Blocks, about 10 s where one does not answer.
std::vector<Answer> ask_all(const Site& site);

// One of them.
Answer ask(const Site& site, const Machine& machine);

struct Status {
  bool healthy = false;
  std::string json;     // the document above
  std::string text;     // for people: a table, the volume, the copy, the balancer, and the verdict
  std::string verdict;  // what is wrong and what to do, a line each; or that all is well
};

// Pure.
Status status_of(const Cluster& cluster, const std::vector<Answer>& answers, bool colour);

// As soon as all is well, or once ten seconds have passed: what was just started is not at once.
Status settled_status(const Site& site, bool colour);

}  // namespace bramble::provision
