// SPDX-License-Identifier: Apache-2.0
// The file of a balancer that stands before servers which are no bramble cluster:
//
//     listen = ["0.0.0.0:80"]          # optional: IPv4:PORT or [IPv6]:PORT
//
//     [[backend]]                      # one or more
//     address = "10.0.0.11:80"         # HOST:PORT
//     name    = "web1"                 # optional: what logs and metrics call it
//     weight  = 3                      # optional: its share
//     max-connections = 50             # optional: requests under way there at once
//     backup  = true                   # optional: used only while no other is healthy
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "cluster/document.hh"

namespace bramble {

struct BackendEntry {
  std::string name;
  std::string address;
  int weight = 1;
  int max_connections = 0;  // 0: any number
  bool backup = false;
};

struct BackendsFile {
  std::vector<std::string> listen;  // empty: as the command line says
  std::vector<BackendEntry> backends;
};

// Of use only where no fault was added.
BackendsFile parse_backends(std::string_view text, Faults& faults);

// The Error of a faulty file has side kClient, and one "FILE:LINE:COLUMN: WHAT" a line.
Result<BackendsFile> load_backends(const std::string& path);

}  // namespace bramble
