// SPDX-License-Identifier: Apache-2.0
#include "base/headed_bytes.hh"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace bramble {
namespace {

TEST(HeadedBytes, OfNothingThereIsNothing) {
  const HeadedBytes none;
  none.keep(1, "lines");
  EXPECT_EQ(none.bytes(), "");
  EXPECT_FALSE(none.keeps_lines());
  EXPECT_EQ(none.memory(), 0u);
}

TEST(HeadedBytes, LinesAreFoundByTheirKeyRightInFrontOfTheBytes) {
  const HeadedBytes bytes("body");
  EXPECT_FALSE(bytes.keeps_lines(7));
  EXPECT_FALSE(bytes.keeps_lines());
  bytes.keep(7, "a: b\r\n\r\n");
  EXPECT_TRUE(bytes.keeps_lines());
  EXPECT_TRUE(bytes.keeps_lines(7));
  EXPECT_FALSE(bytes.keeps_lines(8));
  EXPECT_EQ(bytes.lined(), "a: b\r\n\r\nbody");
  EXPECT_EQ(bytes.bytes(), "body");
}

TEST(HeadedBytes, TheFirstLinesStay) {
  const HeadedBytes bytes("body");
  bytes.keep(7, "first,");
  bytes.keep(8, "second,");
  bytes.keep(7, "third,");
  EXPECT_EQ(bytes.lined(), "first,body");
  EXPECT_FALSE(bytes.keeps_lines(8));
}

TEST(HeadedBytes, AllOfAUsualHeadHasRoom) {
  const HeadedBytes bytes("body");
  bytes.keep(7, std::string(336, 'l'));  // with Cache-Control, and two fields of the site's own
  ASSERT_TRUE(bytes.keeps_lines(7));
  EXPECT_EQ(HeadedBytes::Fronted(std::string(160, 'f'), bytes).text().size(), 500u);
}

TEST(HeadedBytes, LinesThatLeaveNoRoomAreNotKept) {
  const HeadedBytes bytes("body");
  bytes.keep(7, std::string(337, 'l'));
  EXPECT_FALSE(bytes.keeps_lines(7));
  bytes.keep(7, "short,");
  EXPECT_EQ(bytes.lined(), "short,body");
}

TEST(HeadedBytes, FurtherLinesStandInFrontForOneAtATime) {
  const HeadedBytes bytes("body");
  bytes.keep(7, "kept,");
  {
    const HeadedBytes::Fronted one("first,", bytes);
    EXPECT_EQ(one.text(), "first,kept,body");
    const HeadedBytes::Fronted other("second,", bytes);
    EXPECT_EQ(other.text(), "");
    EXPECT_EQ(one.text(), "first,kept,body");
  }
  EXPECT_EQ(HeadedBytes::Fronted("third,", bytes).text(), "third,kept,body");
}

TEST(HeadedBytes, FurtherLinesThatHaveNoRoomStandAlone) {
  const HeadedBytes bytes("body");
  bytes.keep(7, "kept,");
  const HeadedBytes::Fronted long_one(std::string(HeadedBytes::kRoomBytes, 'l'), bytes);
  EXPECT_EQ(long_one.text(), "");
  EXPECT_EQ(HeadedBytes::Fronted("short,", bytes).text(), "short,kept,body");
}

TEST(HeadedBytes, ThreadsNeverSeeOneAnothersLines) {
  const HeadedBytes bytes("body");
  std::atomic<int> whole = 0;
  std::vector<std::thread> threads;
  for (char name = 'a'; name < 'e'; ++name)
    threads.emplace_back([&bytes, &whole, name] {
      const std::string first(static_cast<std::size_t>(name - 'a' + 10), name);
      for (int i = 0; i < 5'000; ++i) {
        bytes.keep(7, "kept,");
        if (!bytes.keeps_lines(7)) continue;  // another one is about to keep them
        EXPECT_EQ(bytes.lined(), "kept,body");
        const HeadedBytes::Fronted fronted(first, bytes);
        if (fronted.text().empty()) continue;
        ++whole;
        ASSERT_EQ(fronted.text(), first + "kept,body");
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(whole, 0);
}

}  // namespace
}  // namespace bramble
