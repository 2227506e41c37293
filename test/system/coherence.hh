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

// "VERSION:LINES" of a body; "-" for 404; "torn" for one that was never written as a whole.
std::string state_of(int status, std::string_view body);

// Empty: right. Else what was wrong, with the history around it.
std::string judge(const History& history, const Read& read);

}  // namespace bramble::test
