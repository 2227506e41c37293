// SPDX-License-Identifier: Apache-2.0
#include "node/brick_to_fill.hh"

#include <gtest/gtest.h>

#include "base/file.hh"

namespace bramble {
namespace {

std::string brick(const std::string& status, const std::string& entries) {
  return "Brick n1:/srv/brick/web\nStatus: " + status + "\nTotal Number of entries: " + entries +
         "\nNumber of entries in heal pending: 0\nNumber of entries in split-brain: 0\n\n";
}

TEST(BrickToFill, NothingIsToHealWhereEachBrickSaysSo) {
  const std::string whole = brick("Connected", "0");
  EXPECT_TRUE(nothing_to_heal(whole + whole + whole));
  EXPECT_FALSE(nothing_to_heal(whole + brick("Connected", "10") + whole));
  EXPECT_FALSE(nothing_to_heal(whole + brick("Transport endpoint is not connected", "-")));
  EXPECT_FALSE(nothing_to_heal(whole + brick("Transport endpoint is not connected", "0")));
  EXPECT_FALSE(nothing_to_heal("")) << "nobody said anything";
}

TEST(BrickToFill, TheMarkEndsOnceNothingIsToHeal) {
  const std::string mark = testing::TempDir() + "/brick-to-fill";
  Result<std::string> says = brick("Connected", "3");
  const auto ends = [&](const std::string& word) {
    EXPECT_TRUE(write_file(mark, word).ok());
    end_brick_to_fill(mark, [&] { return says; });
    return !read_file(mark).ok();
  };
  EXPECT_FALSE(ends("content\n"));
  says = failure("gluster: timed out");
  EXPECT_FALSE(ends("content\n"));
  says = brick("Connected", "0");
  EXPECT_FALSE(ends("names\n")) << "nor is what has no name yet";
  EXPECT_TRUE(ends("content\n"));
}

}  // namespace
}  // namespace bramble
