// SPDX-License-Identifier: Apache-2.0
#include "http/range.hh"

#include <gtest/gtest.h>

namespace bramble::http {

void PrintTo(const RangeChoice& choice, std::ostream* out) {
  *out << "kind " << static_cast<int>(choice.kind) << ", " << choice.bytes << " from "
       << choice.first;
}

namespace {

RangeChoice part(std::uint64_t first, std::uint64_t bytes) {
  return {.kind = RangeChoice::Kind::kPart, .first = first, .bytes = bytes};
}
const RangeChoice kNone{.kind = RangeChoice::Kind::kUnsatisfiable};
const RangeChoice kAll{};

TEST(Range, OneRangeIsCutToTheSize) {
  EXPECT_EQ(choose_range("bytes=0-0", 10), part(0, 1));
  EXPECT_EQ(choose_range("bytes=0-9", 10), part(0, 10));
  EXPECT_EQ(choose_range("bytes=2-5", 10), part(2, 4));
  EXPECT_EQ(choose_range("bytes=9-9", 10), part(9, 1));
  EXPECT_EQ(choose_range("bytes=5-100", 10), part(5, 5));
  EXPECT_EQ(choose_range("bytes=5-", 10), part(5, 5));
  EXPECT_EQ(choose_range("BYTES= 5-6 ", 10), part(5, 2));
  EXPECT_EQ(choose_range("bytes=1-99999999999999999999999", 10), part(1, 9));
}

TEST(Range, ASuffixCountsFromTheEnd) {
  EXPECT_EQ(choose_range("bytes=-1", 10), part(9, 1));
  EXPECT_EQ(choose_range("bytes=-10", 10), part(0, 10));
  EXPECT_EQ(choose_range("bytes=-11", 10), part(0, 10));
  EXPECT_EQ(choose_range("bytes=-99999999999999999999999", 10), part(0, 10));
}

TEST(Range, WhatBeginsBehindTheEndCannotBeSatisfied) {
  EXPECT_EQ(choose_range("bytes=10-", 10), kNone);
  EXPECT_EQ(choose_range("bytes=10-11", 10), kNone);
  EXPECT_EQ(choose_range("bytes=-0", 10), kNone);
  EXPECT_EQ(choose_range("bytes=0-", 0), kNone);
  EXPECT_EQ(choose_range("bytes=99999999999999999999999-", 10), kNone);
}

TEST(Range, WhatIsNotUnderstoodIsAnsweredWhole) {
  for (const char* value :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=1-2,4-5", "bytes=0-0,-1",
        "lines=1-2", "bytes=+1-2", "bytes=1--2", "bytes=1", "bytes=1 - 2", "bytes=0x1-2", "1-2"})
    EXPECT_EQ(choose_range(value, 10), kAll) << value;
  EXPECT_EQ(choose_range("bytes=-5", 0), kAll);
}

}  // namespace
}  // namespace bramble::http
