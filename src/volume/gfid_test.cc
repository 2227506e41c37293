// SPDX-License-Identifier: Apache-2.0
#include "volume/gfid.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

TEST(Gfid, IsReadAndWrittenAsBricksDo) {
  const auto id = parse_gfid("0fe10000-c300-4b69-b303-ad6b5cb85d26");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->bytes.front(), 0x0f);
  EXPECT_EQ(id->bytes.back(), 0x26);
  EXPECT_EQ(to_string(*id), "0fe10000-c300-4b69-b303-ad6b5cb85d26");
}

TEST(Gfid, NothingElseIsOne) {
  for (const char* text :
       {"", "xattrop-0fe1f6d2-c3c7-4b69-b303-ad6b5cb85d26", "0fe1f6d2-c3c7-4b69-b303-ad6b5cb85d2",
        "0fe1f6d2-c3c7-4b69-b303-ad6b5cb85d266", "..", "heartbeat"})
    EXPECT_FALSE(parse_gfid(text)) << text;
}

}  // namespace
}  // namespace bramble
