// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/vitals.hh"

namespace bramble {

struct BrickPlace {
  std::string folder;  // "/srv/brick/web"
  std::string mount;   // where its filesystem is mounted; "": it may lie on any
  std::string volume;  // "web": or what glusterd calls the volume here
  std::string run_folder = "/run/gluster";
};

// What this machine's own brick says of itself; asks neither glusterd nor the network. Needs root,
// as a brick's inner folders are root's.
BrickVitals read_brick_vitals(const BrickPlace& place);

}  // namespace bramble
