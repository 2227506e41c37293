// SPDX-License-Identifier: Apache-2.0
#include "http/scan.hh"

#include <gtest/gtest.h>

#include <string>

namespace bramble::http {
namespace {

// Every byte at every place of runs shorter, as long as and longer than one step.
TEST(Scan, EachByteEndsARunOrNotWhereverItStands) {
  for (std::size_t length = 1; length <= 40; ++length)
    for (std::size_t place = 0; place < length; ++place)
      for (unsigned byte = 0; byte < 256; ++byte) {
        std::string text(length, 'a');
        text[place] = static_cast<char>(byte);
        const bool in_value = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        const bool in_target = byte > 0x20 && byte < 0x7f;
        ASSERT_EQ(find_value_end(text), in_value ? length : place) << byte;
        ASSERT_EQ(find_target_end(text), in_target ? length : place) << byte;
      }
}

TEST(Scan, NothingHasNoEnd) {
  EXPECT_EQ(find_value_end(""), 0U);
  EXPECT_EQ(find_target_end(""), 0U);
}

}  // namespace
}  // namespace bramble::http
