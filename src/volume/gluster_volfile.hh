// SPDX-License-Identifier: Apache-2.0
// A volume as its clients are told of it (the volfile, which glusterd sends them), and a volfile
// for each of its bricks alone:
//
//     web ─ … ─ web-replicate-0 ─┬─ web-client-0 ─► brick     quick-read ─ web-client-0 ─► brick
//                                ├─ web-client-1 ─► brick     quick-read ─ web-client-1 ─► brick
//                                └─ web-client-2 ─► brick     quick-read ─ web-client-2 ─► brick
//
// Quick-read has a look-up bring a small file's content, too, and gives that to the read that comes
// next: one message less. What it brings is read after the status that comes with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"

namespace bramble {

inline constexpr std::size_t kBricks = 3;
inline constexpr std::size_t kReadBytesMax = 128 << 10;  // what one read of GlusterFS carries

struct BrickVolfile {
  std::string name;  // "web-client-0"
  std::string host;  // as the volume names it
  std::string path;  // on that host
  std::string text;

  // The same brick, whatever options it is reached with.
  bool operator==(const BrickVolfile& other) const {
    return name == other.name && host == other.host && path == other.path;
  }
};

// kBricks of them, in the volume's order. Error: the volume is anything else than one replica of
// three whole copies with the times of changes that clients set (features.ctime).
Result<std::vector<BrickVolfile>> brick_volfiles(std::string_view volfile);

// Those of all copies of what this brick holds, itself among them, in the volume's order: of any
// number, and whatever else the volume consists of. Error: it has no such brick, or no
// features.ctime.
Result<std::vector<BrickVolfile>> copy_volfiles(std::string_view volfile, std::string_view host,
                                                std::string_view path);

}  // namespace bramble
