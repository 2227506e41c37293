// SPDX-License-Identifier: Apache-2.0
#include "http/range.hh"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace bramble::http {

void PrintTo(const RangeChoice& choice, std::ostream* out) {
  *out << "kind " << static_cast<int>(choice.kind);
  for (const RangePart& part : choice.parts) *out << ", " << part.bytes << " from " << part.first;
}

namespace {

RangeChoice parts(std::vector<RangePart> all) {
  return {.kind = RangeChoice::Kind::kParts, .parts = std::move(all)};
}
RangeChoice part(std::uint64_t first, std::uint64_t bytes) { return parts({{first, bytes}}); }
const RangeChoice kNone{.kind = RangeChoice::Kind::kUnsatisfiable, .parts = {}};
const RangeChoice kAll{};

TEST(Range, OneRangeIsCutToTheSize) {
  EXPECT_EQ(choose_ranges("bytes=0-0", 10), part(0, 1));
  EXPECT_EQ(choose_ranges("bytes=0-9", 10), part(0, 10));
  EXPECT_EQ(choose_ranges("bytes=2-5", 10), part(2, 4));
  EXPECT_EQ(choose_ranges("bytes=9-9", 10), part(9, 1));
  EXPECT_EQ(choose_ranges("bytes=5-100", 10), part(5, 5));
  EXPECT_EQ(choose_ranges("bytes=5-", 10), part(5, 5));
  EXPECT_EQ(choose_ranges("BYTES= 5-6 ", 10), part(5, 2));
  EXPECT_EQ(choose_ranges("bytes=1-99999999999999999999999", 10), part(1, 9));
}

TEST(Range, ASuffixCountsFromTheEnd) {
  EXPECT_EQ(choose_ranges("bytes=-1", 10), part(9, 1));
  EXPECT_EQ(choose_ranges("bytes=-10", 10), part(0, 10));
  EXPECT_EQ(choose_ranges("bytes=-11", 10), part(0, 10));
  EXPECT_EQ(choose_ranges("bytes=-99999999999999999999999", 10), part(0, 10));
}

TEST(Range, WhatBeginsBehindTheEndCannotBeSatisfied) {
  for (const char* value : {"bytes=10-", "bytes=10-11", "bytes=-0", "bytes=10-,20-30,-0",
                            "bytes=99999999999999999999999-"})
    EXPECT_EQ(choose_ranges(value, 10), kNone) << value;
}

TEST(Range, WhatIsNotUnderstoodIsAnsweredWhole) {
  for (const char* value :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5-2", "lines=1-2",
        "bytes=+1-2", "bytes=1--2", "bytes=1", "bytes=1 - 2", "bytes=0x1-2", "1-2", "bytes=0-1,b",
        "bytes=0-1,5-2", "bytes=0-1;3-4", "bytes =0-1", "bytes=0-1,3"})
    EXPECT_EQ(choose_ranges(value, 10), kAll) << value;
}

TEST(Range, OfAnEmptyFileAllIsGiven) {
  for (const char* value : {"bytes=0-", "bytes=0-99", "bytes=-5", "bytes=5-", "bytes=-0"})
    EXPECT_EQ(choose_ranges(value, 0), kAll) << value;
}

TEST(Range, SeveralAreGivenInTheOrderInWhichTheyWereAskedFor) {
  EXPECT_EQ(choose_ranges("bytes=0-9,1000-1009", 10'000), parts({{0, 10}, {1000, 10}}));
  EXPECT_EQ(choose_ranges("bytes=5000-5009, 1000-1009 ,-10", 10'000),
            parts({{5000, 10}, {1000, 10}, {9990, 10}}));
  EXPECT_EQ(choose_ranges("bytes=0-9,,1000-1009,", 10'000), parts({{0, 10}, {1000, 10}}));
}

TEST(Range, ThoseThatCannotBeSatisfiedAreLeftOut) {
  EXPECT_EQ(choose_ranges("bytes=0-9,10000-,1000-1009", 10'000), parts({{0, 10}, {1000, 10}}));
  EXPECT_EQ(choose_ranges("bytes=10000-,1000-1009", 10'000), part(1000, 10));
}

TEST(Range, ThoseThatOverlapOrAreNearAreJoined) {
  EXPECT_EQ(choose_ranges("bytes=0-99,50-149", 10'000), part(0, 150));
  EXPECT_EQ(choose_ranges("bytes=50-149,0-99", 10'000), part(0, 150));
  EXPECT_EQ(choose_ranges("bytes=0-99,100-199", 10'000), part(0, 200));
  EXPECT_EQ(choose_ranges("bytes=0-99,228-299", 10'000), part(0, 300)) << "a gap of 128";
  EXPECT_EQ(choose_ranges("bytes=0-99,229-299", 10'000), parts({{0, 100}, {229, 71}}));
  EXPECT_EQ(choose_ranges("bytes=0-0,1-1,2-2,3-3", 10), part(0, 4));
  EXPECT_EQ(choose_ranges("bytes=0-9,5000-5009,300-309,10-299", 10'000),
            parts({{0, 310}, {5000, 10}}))
      << "one that joins two others";
}

TEST(Range, WhatSparesNothingIsAnsweredWhole) {
  EXPECT_EQ(choose_ranges("bytes=0-4800,5000-9999", 10'000), kAll);
  std::string many = "bytes=0-0";
  for (int i = 1; i < 64; ++i)
    many += "," + std::to_string(i * 1000) + "-" + std::to_string(i * 1000);
  EXPECT_EQ(choose_ranges(many, 1'000'000).parts.size(), 64U);
  EXPECT_EQ(choose_ranges(many + ",900000-900000", 1'000'000), kAll);
}

TEST(ContentRange, TellsWhichBytes) {
  EXPECT_EQ(parse_content_range("bytes 0-0/1"), (ContentRange{.first = 0, .last = 0, .total = 1}));
  EXPECT_EQ(parse_content_range("Bytes 59-99/900"),
            (ContentRange{.first = 59, .last = 99, .total = 900}));
  for (const char* bad :
       {"", "bytes", "bytes ", "bytes */9", "bytes 0-1/*", "bytes 2-1/9", "bytes 0-9/9",
        "bytes 0-1", "bytes 0/1-2", "bytes -1/9", "bytes 0-/9", "bytes +0-1/9", "bytes 0 -1/9",
        "bytes 0-1/9 ", "lines 0-1/9", "bytes=0-1/9", "bytes 0-99999999999999999999/9"})
    EXPECT_EQ(parse_content_range(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace bramble::http
