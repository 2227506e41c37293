// SPDX-License-Identifier: Apache-2.0
// Whether a volume has changed, as its brick here notes it for geo-replication: every few seconds
// (changelog.rollover-time) in which something changed end with a journal more. An index names them
// all, and the empty spans between them in small letters:
//
//     .glusterfs/changelogs/htime/HTIME.1700000000
//     "…/CHANGELOG.1700000012\0…/changelog.1700000016\0"
//     .glusterfs/changelogs/2026/11/23/CHANGELOG.1700000012
//
// The journals are kept for ever, so that whoever writes all the time fills the brick: a heartbeat
// every four seconds would be 20,000 files and 86 MB a day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bramble {

// When the journals with changes ended, in seconds since 1970, the newest last: those of the last
// ten minutes at least.
using Journals = std::vector<std::uint64_t>;

// Nothing, where this brick keeps no journals, or is not there. Needs root.
std::optional<Journals> read_journals(const std::string& brick_folder);

// Out of the end of an index, which may begin within a name.
Journals parse_journals(std::string_view end_of_index);

}  // namespace bramble
