// SPDX-License-Identifier: Apache-2.0
// A node's own word on how it is: the body of GET /.bramble/health, for balancers and operators.
//
//     {"name": "cluster01", "status": "ok", "version": "0.1.0", "uptime_seconds": 12,
//      "connections": 3, "requests": 4711,
//      "vitals": {…}}                      where a vitals file is there: its content, see vitals.hh
//
// Where the files cannot be read: "status": "unavailable" with "why", and HTTP status 503, so that
// a check which knows nothing but the status sees it, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hh"

namespace bramble {

struct HealthFacts {
  std::string name;
  std::optional<std::string> trouble;  // why nothing can be served
  std::uint64_t uptime_seconds = 0;
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::string vitals;  // content of the vitals file, "" where there is none
};

// One line of JSON. Vitals that are no JSON are left out, and told as "vitals_error".
std::string health_document(const HealthFacts& facts);

}  // namespace bramble
