// SPDX-License-Identifier: Apache-2.0
#include "cluster/document.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

TEST(Document, KnowsWhereKeysAndValuesStand) {
  Faults faults;
  const Value root = parse_document("a = 1\n  bb =  \"x\"\n[t]\nc = [true, 2.5]\n", faults);
  ASSERT_TRUE(faults.empty());
  ASSERT_EQ(root.entries.size(), 3U);
  EXPECT_EQ(root.entries[0].value.integer, 1);
  EXPECT_EQ(root.entries[1].key, "bb");
  EXPECT_EQ(root.entries[1].at, (Position{2, 3}));
  EXPECT_EQ(root.entries[1].value.at, (Position{2, 9}));
  EXPECT_EQ(root.entries[1].value.string, "x");
  const Value& list = root.entries[2].value.entries[0].value;
  ASSERT_EQ(list.array.size(), 2U);
  EXPECT_TRUE(list.array[0].boolean);
  EXPECT_EQ(list.array[1].type_name, "a number");
}

TEST(Document, OneFaultWhereTheTextIsNotToml) {
  for (const std::string_view text : {"a = ", "a = 1\na = 2\n", "[t\n", "\"", "a = \"\x01\""}) {
    Faults faults;
    EXPECT_TRUE(parse_document(text, faults).entries.empty());
    EXPECT_EQ(faults.size(), 1U) << text;
  }
}

}  // namespace
}  // namespace bramble
