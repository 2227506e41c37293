// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.hh"

namespace bramble {

// A GlusterFS volume, or a folder of one: "HOST:VOLUME[/PATH]", such as "localhost:web/site".
struct GlusterAddress {
  std::string host;    // a machine whose glusterd knows the volume
  std::string volume;  // its name
  std::string path;    // the folder that is the root, without slashes at its ends; "": all of it
};

Result<GlusterAddress> parse_gluster_address(std::string_view text);

}  // namespace bramble
