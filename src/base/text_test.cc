// SPDX-License-Identifier: Apache-2.0
#include "base/text.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bramble {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Text, SplitKeepsEmptyPieces) { EXPECT_THAT(split("a,,b", ','), ElementsAre("a", "", "b")); }

TEST(Text, LinesEndWithOrWithoutCarriageReturn) {
  EXPECT_THAT(lines("a\r\nb\n\nc\n"), ElementsAre("a", "b", "", "c"));
}

TEST(Text, WordsStandBetweenBlanks) { EXPECT_THAT(words(" a\t b\n"), ElementsAre("a", "b")); }

TEST(Text, NumbersAreDecimalAndWhole) {
  EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615ULL);
  for (const std::string_view bad : {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616"})
    EXPECT_EQ(parse_number(bad), std::nullopt) << bad;
}

TEST(Text, NearestFindsTheMisspeltWord) {
  const std::vector<std::string_view> keys = {"name", "timezone", "listen", "address"};
  EXPECT_EQ(nearest("adress", keys), "address");
  EXPECT_EQ(nearest("timezoen", keys), "timezone");
  EXPECT_EQ(nearest("frobnicate", keys), std::nullopt);
}

TEST(Text, BytesAndDurationsAreReadable) {
  EXPECT_EQ(human_bytes(512), "512 B");
  EXPECT_EQ(human_bytes(64ULL << 20), "64.0 MiB");
  EXPECT_EQ(human_duration(350ms), "350 ms");
  EXPECT_EQ(human_duration(2100ms), "2.1 s");
  EXPECT_EQ(human_duration(3min), "3 min");
}

TEST(Text, ShellQuoteLeavesPlainWordsAlone) {
  EXPECT_EQ(shell_quote("/srv/brick"), "/srv/brick");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("it's $HOME"), "'it'\\''s $HOME'");
}

}  // namespace
}  // namespace bramble
