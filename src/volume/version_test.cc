// SPDX-License-Identifier: Apache-2.0
#include "volume/version.hh"

#include <gtest/gtest.h>

#include <cmath>

namespace bramble {
namespace {

// What `touch` at home makes of the copy's time: os.utime(path, (…, os.lstat(path).st_mtime)).
timespec through_python(const timespec& home) {
  const double seconds =
      static_cast<double>(home.tv_sec) + 1e-9 * static_cast<double>(home.tv_nsec);
  double whole = 0;
  const double fraction = std::modf(seconds, &whole);
  return {.tv_sec = static_cast<time_t>(whole),
          .tv_nsec = static_cast<long>(std::floor(fraction * 1e9))};
}

TEST(FileVersion, IsTheSameOnACopyWhoseTimeWentThroughPython) {
  int moved = 0;
  for (long nsec = 0; nsec < 1'000'000'000; nsec += 99'991) {
    const timespec home = {.tv_sec = 1'795'488'873, .tv_nsec = nsec};
    const timespec copy = through_python(home);
    moved += copy.tv_nsec != home.tv_nsec ? 1 : 0;
    ASSERT_EQ(file_version(home, 5), file_version(copy, 5)) << nsec;
  }
  EXPECT_GT(moved, 9000);
  const timespec seen_home = {.tv_sec = 0x6b04fc69, .tv_nsec = 0x3aa5473e};
  const timespec seen_copy = {.tv_sec = 0x6b04fc69, .tv_nsec = 0x3aa547b2};
  EXPECT_EQ(file_version(seen_home, 200'000), file_version(seen_copy, 200'000));
}

TEST(FileVersion, ChangesWithTimeAndSize) {
  const timespec then = {.tv_sec = 1'795'488'873, .tv_nsec = 500};
  const timespec later = {.tv_sec = 1'795'488'873, .tv_nsec = 1500};
  EXPECT_NE(file_version(then, 5), file_version(later, 5));
  EXPECT_NE(file_version(then, 5), file_version(then, 6));
  EXPECT_EQ(file_version(then, 0), file_version(later, 0)) << "empty is empty";
}

TEST(FileVersion, IsShortAsText) {
  const auto text_of = [](const FileVersion& version) {
    std::array<char, kVersionBytesMax> text;
    return std::string(text.data(), write_version(version, text));
  };
  EXPECT_EQ(text_of({.time = ~std::uint64_t{0}, .size = 255}), "ffffffffffffffff-ff");
  EXPECT_EQ(text_of({.time = ~std::uint64_t{0}, .size = ~std::uint64_t{0}}),
            "ffffffffffffffff-ffffffffffffffff");
  EXPECT_EQ(text_of({}), "0");
}

}  // namespace
}  // namespace bramble
