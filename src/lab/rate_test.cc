// SPDX-License-Identifier: Apache-2.0
#include "lab/rate.hh"

#include <gtest/gtest.h>

namespace bramble::lab {
namespace {

TEST(Rate, ReadsWhatItWrites) {
  for (const char* text : {"100mbit", "512kbit", "1gbit", "8kbit"})
    EXPECT_EQ(Rate::parse(text).value().text(), text);
  EXPECT_EQ(Rate::parse("1000mbit").value().text(), "1gbit");
  EXPECT_EQ(Rate::parse("100mbit").value().bits_per_second, 100'000'000U);
}

TEST(Rate, RefusesEverythingElse) {
  for (const char* text : {"", "100", "mbit", "0mbit", "-1mbit", "1.5mbit", "100 mbit", "100mbits",
                           "1kbit", "18446744073709551615gbit", "off"})
    EXPECT_FALSE(Rate::parse(text).ok()) << text;
  EXPECT_EQ(Rate::parse("fast").error().what,
            "\"fast\" is not a rate: use a number with kbit, mbit or gbit, such as 100mbit");
}

TEST(Rate, TheBucketHoldsASegmentAtLeast) {
  EXPECT_EQ(Rate::parse("100mbit").value().burst_bytes(), 125'000U);
  EXPECT_EQ(Rate::parse("1mbit").value().burst_bytes(), 65'536U);
}

}  // namespace
}  // namespace bramble::lab
