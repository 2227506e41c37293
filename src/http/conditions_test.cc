// SPDX-License-Identifier: Apache-2.0
#include "http/conditions.hh"

#include <gtest/gtest.h>

namespace bramble::http {
namespace {

constexpr std::int64_t kModified = 784111777;
constexpr std::int64_t kNow = 1'790'000'000;
constexpr const char* kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kThen = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";
const Validators kResource = {.etag = "\"v,1\"", .modified = kModified};

using Outcome = ConditionOutcome;

Outcome outcome(const Conditions& conditions) { return evaluate(conditions, kResource, kNow); }

TEST(Conditions, IfNoneMatchComparesWeaklyAndAlone) {
  EXPECT_EQ(outcome({.if_none_match = "\"v,1\""}), Outcome::kNotModified);
  EXPECT_EQ(outcome({.if_none_match = "W/\"v,1\""}), Outcome::kNotModified);
  EXPECT_EQ(outcome({.if_none_match = "\"a\" ,, \"v,1\", \"b\""}), Outcome::kNotModified);
  EXPECT_EQ(outcome({.if_none_match = "*"}), Outcome::kNotModified);
  EXPECT_EQ(outcome({.if_none_match = "\"v\", \"1\""}), Outcome::kGoOn);
  EXPECT_EQ(outcome({.if_none_match = "v,1"}), Outcome::kGoOn);
  EXPECT_EQ(outcome({.if_none_match = "\"v,1"}), Outcome::kGoOn);
  EXPECT_EQ(outcome({.if_none_match = "\"other\"", .if_modified_since = kAfter}), Outcome::kGoOn)
      << "a date does not count beside an entity tag";
}

TEST(Conditions, IfModifiedSinceComparesDates) {
  EXPECT_EQ(outcome({.if_modified_since = kThen}), Outcome::kNotModified);
  EXPECT_EQ(outcome({.if_modified_since = kAfter}), Outcome::kNotModified);
  EXPECT_EQ(outcome({.if_modified_since = kBefore}), Outcome::kGoOn);
  EXPECT_EQ(outcome({.if_modified_since = "yesterday"}), Outcome::kGoOn);
}

TEST(Conditions, IfMatchComparesStrongly) {
  EXPECT_EQ(outcome({.if_match = "\"v,1\""}), Outcome::kGoOn);
  EXPECT_EQ(outcome({.if_match = "*"}), Outcome::kGoOn);
  EXPECT_EQ(outcome({.if_match = "W/\"v,1\""}), Outcome::kFailed);
  EXPECT_EQ(outcome({.if_match = "\"other\""}), Outcome::kFailed);
  EXPECT_EQ(outcome({.if_match = "\"v,1\"", .if_unmodified_since = kBefore}), Outcome::kGoOn)
      << "a date does not count beside an entity tag";
}

TEST(Conditions, IfUnmodifiedSinceComparesDates) {
  EXPECT_EQ(outcome({.if_unmodified_since = kThen}), Outcome::kGoOn);
  EXPECT_EQ(outcome({.if_unmodified_since = kBefore}), Outcome::kFailed);
  EXPECT_EQ(outcome({.if_unmodified_since = "yesterday"}), Outcome::kGoOn);
}

TEST(Conditions, FailingComesBeforeNotModified) {
  EXPECT_EQ(outcome({.if_match = "\"other\"", .if_none_match = "\"v,1\""}), Outcome::kFailed);
  EXPECT_EQ(outcome({.if_match = "\"v,1\"", .if_none_match = "\"v,1\""}), Outcome::kNotModified);
}

TEST(Conditions, ARangeCountsIfItsConditionHolds) {
  const auto applies = [](const char* if_range) {
    return range_applies({.if_range = if_range, .range = "bytes=0-1"}, kResource, kNow);
  };
  EXPECT_TRUE(applies(""));
  EXPECT_TRUE(applies("\"v,1\""));
  EXPECT_TRUE(applies(kThen));
  EXPECT_FALSE(applies("W/\"v,1\""));
  EXPECT_FALSE(applies("\"other\""));
  EXPECT_FALSE(applies("\"v,1\", \"other\""));
  EXPECT_FALSE(applies(kBefore));
  EXPECT_FALSE(applies(kAfter)) << "it must be the date itself";
  EXPECT_FALSE(applies("yesterday"));
  EXPECT_FALSE(range_applies({}, kResource, kNow)) << "no Range";
  EXPECT_FALSE(range_applies({.if_range = kThen, .range = "bytes=0-1"}, kResource, kModified))
      << "another content may come within its second";
}

TEST(Conditions, TwoDatesAreNone) {
  const std::vector<Field> fields = {{"If-Modified-Since", kAfter, FieldName::kIfModifiedSince},
                                     {"If-Modified-Since", kAfter, FieldName::kIfModifiedSince}};
  Conditions conditions;
  conditions.take(fields);
  EXPECT_EQ(outcome(conditions), Outcome::kGoOn);
}

TEST(Conditions, TheLinesOfAListAreJoined) {
  const std::vector<Field> fields = {{"If-None-Match", "\"a\"", FieldName::kIfNoneMatch},
                                     {"Accept", "x", FieldName::kOther},
                                     {"If-None-Match", "\"v,1\"", FieldName::kIfNoneMatch},
                                     {"Range", "bytes=1-", FieldName::kRange}};
  Conditions conditions;
  conditions.if_match = "left from before";
  conditions.take(fields);
  EXPECT_EQ(conditions.if_none_match, "\"a\", \"v,1\"");
  EXPECT_EQ(conditions.range, "bytes=1-");
  EXPECT_EQ(conditions.if_match, "");
}

}  // namespace
}  // namespace bramble::http
