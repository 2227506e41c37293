// SPDX-License-Identifier: Apache-2.0
#include "base/table.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"host", "state"});
  table.add({"cluster01", "up"});
  table.add({"front", "down"});
  EXPECT_EQ(table.text(false),
            "host       state\n"
            "cluster01  up\n"
            "front      down\n");
}

TEST(Table, WidthsCountCharactersNotBytes) {
  Table table({"a", "b"});
  table.add({"é…", "x"});
  table.add({"", "y"});
  EXPECT_EQ(table.text(false), "a   b\né…  x\n    y\n");
}

TEST(Table, ColoursDoNotMoveColumns) {
  Table table({"a", "b"});
  table.add({Table::Cell("x", Colour::kRed), "y"});
  EXPECT_EQ(table.text(true), "\x1b[1ma\x1b[0m  \x1b[1mb\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
}

}  // namespace
}  // namespace bramble
