// SPDX-License-Identifier: Apache-2.0
// What is to be done for a brick, from what a host told about its disks. Pure; nothing here touches
// a disk.
//
// Only what is ours is ever written to: the journal (kBrickJournal, on the host) names the exact
// sectors and the UUID of the filesystem *before* either exists. So whatever was interrupted:
//
//     journal     partition in the table       filesystem there      then
//     -           -                            -                     plan, in free space only
//     planned     none                         -                     create it as the journal says
//     planned     as the journal says          none, or our UUID     format
//     planned     as the journal says          any other             refuse
//     formatted   -                            our UUID              mount
//     formatted   -                            none, or any other    refuse
//
// A given device goes the same way without a partition. A given folder must be empty, or ours: then
// the journal names the filesystem that it lies on. Where that is another one, the disk is missing,
// and the empty mount point is no brick.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hh"
#include "cluster/cluster.hh"
#include "provision/partition_table.hh"
#include "provision/report.hh"

namespace bramble::provision {

inline constexpr std::string_view kBrickJournal = "/var/lib/bramble/brick.journal";
inline constexpr std::string_view kBrickLabel = "bramble";  // of the filesystem; 12 letters at most

// The journal: what we decided to write, before we wrote it. key=value lines.
struct BrickJournal {
  std::string kind;    // "free-space", "device", "folder"
  std::string device;  // of the filesystem, as it was named then
  std::string table;   // the id of the partition table; free-space only
  unsigned number = 0;
  std::uint64_t start = 0;
  std::uint64_t sectors = 0;
  std::string uuid;        // of the filesystem; a folder's may be unknown
  bool formatted = false;  // a folder's: it was made

  std::string text() const;
};

// Nothing where there is no journal.
Result<std::optional<BrickJournal>> parse_brick_journal(const std::string& text);

// What to do, in this order; nothing of it: the brick is as it shall be.
struct BrickWork {
  bool write_journal = false;
  BrickJournal journal;
  std::string partition_entry;  // for sfdisk -N; "": no partition is to be made
  std::string planned_table;    // the dump on which that was decided
  std::string disk;
  bool format = false;
  std::string device;      // what is formatted and mounted; "" for a folder
  std::string fstab_line;  // to be added; ""
  bool mount = false;
  bool make_folder = false;
  std::uint64_t probe_offset = 0;  // bytes on the disk that must hold no signature before a
  std::uint64_t probe_bytes = 0;   // partition is made there; 0: nothing to probe
  std::vector<std::string> lines;  // for the operator

  bool empty() const { return lines.empty(); }
};

// The Error is a refusal: what was seen, and what to do.
Result<BrickWork> decide_brick(const VolumeOptions& options, const std::string& folder,
                               const Report& look);

// "an ext4 filesystem labelled photos", "a dos partition table"; "" where blkid told of nothing.
std::string describe_signature(std::string_view blkid);

}  // namespace bramble::provision
