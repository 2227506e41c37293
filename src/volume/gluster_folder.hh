// SPDX-License-Identifier: Apache-2.0
// What the bricks say of a folder: all names in it, with what each of them is.
//
// A look-up asks all three bricks for one name. A listing asks each of them for all names at once:
// 15 us a name and brick, where a look-up is 300 and more (seen with 10.3).
//
// Files are read from one brick, the nearest. What all three list as the same file, with the same
// size, times, owner and mode, is right there, if another brick, the witness, says so once more
// after we hold what we listed, and if then nothing is noted of it:
//
//     list ───────► handles ──► witness ───► noted? ──► read from the nearest: its status is
//     on all three   are held    once more    on all     the listed one, before and after
//     └ each brick now           └ seen here: │
//       owes us events             changed    └ a change from here on is heard of, from the witness
//       of the file                before       or seen on the nearest
//
// A change counts when two bricks of three have it: so it comes to the witness, or to the nearest.
//   to the nearest  Whether the witness has it or not: it changes the status there (the time of
//                   change, features.ctime), or the owner, mode or links. Before the listing, the
//                   bricks disagree or all have it; later, the read finds another status; after the
//                   read, the brick tells of it, as listing and reading are asking for that. What
//                   is kept of a file is given without a read: but such a file has been held all
//                   the while, so that a change that was told of since before the listing counts.
//   missing it      So it is on the two others. Before the witness's second look: that is not the
//                   first one any more, or both show it, and not the nearest. After it: the handles
//                   are held, the witness was asked for events by its first look, so it tells.
//                   A chmod leaves no note before it is made (optimistic-change-log), and none
//                   while it is on its way: this is what finds it.
//   healed          Who missed a change is named on the others until his copy is right, as a heal
//                   writes in place, and sizes and times may agree before the content does. What is
//                   not named (see gluster_pending.hh) after the listing was healed before it is
//                   read. A write is named before it is made: this holds whatever clocks say.
//   renamed         A folder whose own status is not the same before and after is not listed: a
//                   name that is renamed while it is read may come twice, or not at all. What
//                   changes later changes the folder's status, which is asked for each second
//                   (see gluster_folders.hh). A file that has lost its name is gone on the nearest.
// Where the nearest brick is on this machine, its disk says the same as its status, and sooner: see
// disk_folder.hh. What it has not changed since before the listing is as listed.
//
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

// Errors: EFBIG: there are more entries than wanted; EAGAIN: the folder changed meanwhile; EACCES:
// we may not look its names up, whether we may list them or not. Blocks.
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
