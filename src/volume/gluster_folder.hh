// SPDX-License-Identifier: Apache-2.0
// What the bricks say of a folder: all names in it, with what each of them is.
//
// A look-up asks all three bricks for one name. A listing asks each of them for all names at once:
// 15 us a name and brick, where a look-up is 300 and more (seen with 10.3).
//
// Where all three list a name as the same file, with the same size, times, owner and mode, it is
// what a look-up would have told:
//   written  A write changes the time of change (features.ctime) on each brick it came to, to the
//            same. Where it came to some only, they disagree; where it comes after the listing,
//            each that it comes to tells of it, as listing a file is asking for it.
//   healed   A brick that missed something is named on the others as long as it does: what stands
//            there (see gluster_pending.hh), read after the listing, is not agreed on.
//   renamed  A folder whose own status is not the same before and after is not listed: a name
//            that is renamed while it is read may come twice, or not at all.
// A name that none of them lists is not there. All else has to be asked for.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "volume/gluster_bricks.hh"

namespace bramble {

// A name, as one brick has it.
struct BrickEntry {
  Gfid id;
  struct stat status = {};
  GlusterHandle handle;
};
using BrickListing = std::map<std::string, BrickEntry, std::less<>>;

// Errors: EFBIG: there are more entries than wanted; EAGAIN: the folder changed meanwhile. Blocks.
Result<BrickListing> list_on_brick(const GlusterSession& brick, const Gfid& folder,
                                   std::size_t entries_max);

// A name as all bricks have it: a regular file with handles on all of them; or one that has to be
// asked for, without handles.
struct ListedEntry {
  bool agreed = false;
  Gfid id;
  struct stat status = {};
  BrickHandles handles;
};
std::map<std::string, ListedEntry, std::less<>> compare(std::array<BrickListing, kBricks> listings);

}  // namespace bramble
