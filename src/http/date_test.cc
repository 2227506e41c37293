// SPDX-License-Identifier: Apache-2.0
#include "http/date.hh"

#include <gtest/gtest.h>

#include <string>

namespace bramble::http {
namespace {

constexpr std::int64_t kRfcExample = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::int64_t kIn2026 = 1'790'000'000;

std::string text_of(std::int64_t seconds) {
  const DateText text = format_date(seconds);
  return {text.data(), text.size()};
}

TEST(Date, IsWrittenAsTheRfcShowsIt) {
  EXPECT_EQ(text_of(kRfcExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(text_of(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(text_of(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(text_of(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(Date, AllThreeFormsAreRead) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", kIn2026), kRfcExample);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kIn2026), kRfcExample);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", kIn2026), kRfcExample);
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994", kIn2026), kRfcExample + 10 * 86400);
}

TEST(Date, AYearOfTwoDigitsIsAtMostFiftyYearsAhead) {
  EXPECT_EQ(parse_date("Sunday, 06-Nov-76 00:00:00 GMT", kIn2026),
            parse_date("Sun, 06 Nov 2076 00:00:00 GMT", kIn2026));
  EXPECT_EQ(parse_date("Sunday, 06-Nov-77 00:00:00 GMT", kIn2026),
            parse_date("Sun, 06 Nov 1977 00:00:00 GMT", kIn2026));
}

TEST(Date, EverySecondComesBackFromItsText) {
  for (std::int64_t second = 0; second < 4'000'000'000; second += 86'399 * 13)
    ASSERT_EQ(parse_date(text_of(second), kIn2026), second);
}

TEST(Date, AnythingElseIsNoDate) {
  for (const char* text :
       {"", "0", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Xxx, 06 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT", "unday, 06-Nov-94 08:49:37 GMT", "784111777"})
    EXPECT_FALSE(parse_date(text, kIn2026)) << text;
}

TEST(Date, TheCurrentOneIsMadeAnewEachSecond) {
  CurrentDate date;
  const WallTime time{std::chrono::seconds(kRfcExample)};
  EXPECT_EQ(date.at(time), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(time + std::chrono::milliseconds(999)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(time + std::chrono::seconds(1)), "Sun, 06 Nov 1994 08:49:38 GMT");
}

}  // namespace
}  // namespace bramble::http
