// SPDX-License-Identifier: Apache-2.0
// What readers may see of files that others change: the model that a run is judged by.
//
//     state a ──── change: begins … ends ────► state b
//                    └ from here b may be seen   └ from here + promise a may not be seen any more
//
// A read that was begun at r0 and ended at r1 is right if what it saw is a state that may be seen
// at any time within. Between the beginning of a change and its end + promise, states on the way (a
// name without a file, a file half written) may be seen, too; bytes of two versions never.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bramble::test {

struct Change {
  std::int64_t begin = 0;  // nanoseconds since 1970
  std::int64_t end = 0;
  std::int64_t promise = 0;  // nanoseconds after its end all readers see it
  std::string state;         // "?": not known
};

struct Read {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::string key;
  std::string state;
  std::string where;  // for people
};

using History = std::map<std::string, std::vector<Change>>;  // by key, in order

// From the lines of coherence_writer.
void parse_changes(std::string_view lines, std::int64_t content_promise, std::int64_t name_promise,
                   History& history);

// "VERSION:LINES" of a body; "-" for 404; "denied" for 403; "torn" for one that was never written
// as a whole.
std::string state_of(int status, std::string_view body);

// Empty: right. Else what was wrong, with the history around it.
std::string judge(const History& history, const Read& read);

// What a reader on the same node was told that keeps nothing, as far as the volume was at fault:
// states that were gone before it asked, and kUnread. What it saw in good time is no excuse for
// showing it too long.
std::vector<Read> faults_of_the_volume(History history, const std::vector<Read>& told);
inline constexpr const char* kUnread = "unread";  // the volume could not be read

// Whether a node that keeps things for so long may have been told so by the volume, or may have
// given what it kept, as it says that it does where the volume cannot be read. The other reader
// comes by each key once a round at least, so it may have met the fault just before the node did,
// or after; that the volume cannot be read it meets within a second.
inline constexpr std::int64_t kSecond = 1'000'000'000;
bool excuses(const std::vector<Read>& faults, const Read& read, std::int64_t kept,
             std::int64_t round = kSecond);

// By promise: how long after the end of the change that took it away a state was still seen, at the
// most, in nanoseconds.
using Lateness = std::map<std::int64_t, std::int64_t>;
void measure(const History& history, const Read& read, Lateness& latest);

}  // namespace bramble::test
