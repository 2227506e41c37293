// SPDX-License-Identifier: Apache-2.0
// A node's own word on how it is: the body of GET /.bramble/health, for balancers and operators.
//
//     {"name": "cluster01", "status": "ok", "version": "0.1.0", "uptime_seconds": 12,
//      "connections": 3, "requests": 4711,
//      "cache": {                          on a GlusterFS volume
//        "hits": 4700, "misses": 11,       names looked up: known at hand; the volume was asked. A
//                                          request may look up several: those that the site tries,
//                                          the file's coded forms, a link of a listing
//        "hit_rate": 0.9977,               of those; null before the first
//        "stale_hits": 0,                  given unverified, as the volume could not be read
//        "stale": false,                   true: some were, within the last five seconds
//        "events": 3,                      changes that bricks told of
//        "distrusted": 1,                  how often a connection to a brick came, went or was lost
//        "names": 900, "memory_bytes": 9000000,
//        "copies": 12, "copy_bytes": 7000000,    of larger files
//        "bricks": 3, "bricks_connected": 3},
//      "vitals": {…}}                      where a vitals file is there: its content, see vitals.hh
//
// Where the files cannot be read: "status": "unavailable" with "why", and HTTP status 503, so that
// a check which knows nothing but the status sees it, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hh"
#include "volume/volume.hh"

namespace bramble {

struct HealthFacts {
  std::string name;
  std::optional<std::string> trouble;  // why nothing can be served
  std::uint64_t uptime_seconds = 0;
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::optional<CacheFigures> cache;
  bool stale = false;  // see StaleWatch
  std::string vitals;  // content of the vitals file, "" where there is none
};

// One line of JSON. Vitals that are no JSON are left out, and told as "vitals_error".
std::string health_document(const HealthFacts& facts);

// Of a server in its first minutes: it has a cache, and no brick has told it of a change. Until one
// does it trusts nothing for more than a second. False of any other text, too.
bool awaits_an_event(const std::string& health_document);

}  // namespace bramble
