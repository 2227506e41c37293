// SPDX-License-Identifier: Apache-2.0
#include "base/text_buffer.hh"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace bramble {
namespace {

TEST(TextBuffer, PutsPiecesTogether) {
  TextBuffer text;
  EXPECT_EQ(text.text(), "");
  text.append("a", std::string("bc"), std::string_view(), "").append_number(0);
  EXPECT_EQ(text.text(), "abc0");
  text.assign("x").append_number(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(text.text(), "x18446744073709551615");
}

TEST(TextBuffer, GrowsWithItsPieces) {
  TextBuffer text;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    const std::string piece(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    text.append(piece, "|");
    expected += piece + "|";
  }
  EXPECT_EQ(text.text(), expected);
  EXPECT_EQ(text.size(), expected.size());
}

}  // namespace
}  // namespace bramble
