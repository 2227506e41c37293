// SPDX-License-Identifier: Apache-2.0
// A node's own word on how it is, from the body of its health answer (`GET /.bramble/health`).
// Nodes tell facts (see node/health.hh, node/vitals.hh); what they mean for its share of requests
// is judged here:
//
//   "status": "draining"                                drained: it gets no new requests
//   "weight": 0 to 1                                    that much of its weight; 0: drained
//   throttling now, or 80 °C and more                   hot: half
//   files to heal on its brick                          healing: half, the disks are busy with it
//   its brick is not served                             without its brick: half, it reads from
//   others less than 5 % of its brick is free                  full: half
//
// Several of these multiply. Vitals older than 30 s are of no use: whoever wrote them is dead. Any
// server may speak so, on any path. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hh"

namespace bramble::balance {

struct Word {
  bool draining = false;
  double strength = 1;  // 0 < … ≤ 1
  std::string says;     // "hot, healing", for people; "" where all is well

  bool operator==(const Word&) const = default;
};

// A body that is no such document says nothing: a Word that all is well.
Word parse_word(std::string_view body, WallTime now);

}  // namespace bramble::balance
