// SPDX-License-Identifier: Apache-2.0
#include "node/multipart_file.hh"

#include <gtest/gtest.h>

#include <set>

#include "node/fake_volume.hh"

namespace bramble {
namespace {

class MultipartFileTest : public ::testing::Test {
 protected:
  MultipartFileTest() { volume.files["a"] = {.content = "0123456789"}; }

  MultipartFile parts_of_a() {
    return {volume.open("a").value(),
            {{1, 3}, {8, 2}},
            {.media_type = "text/plain", .boundary = "xyz"}};
  }

  static std::string read_all(VolumeFile& file, std::size_t piece_bytes) {
    std::string all;
    for (std::string piece(piece_bytes, ' ');;) {
      const std::size_t got = file.read(all.size(), piece).value();
      if (got == 0) return all;
      all.append(piece, 0, got);
    }
  }

  FakeVolume volume;
};

TEST_F(MultipartFileTest, IsTheSameHoweverItIsRead) {
  const std::string whole =
      "\r\n--xyz\r\nContent-Type: text/plain\r\nContent-Range: bytes 1-3/10\r\n\r\n123"
      "\r\n--xyz\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89"
      "\r\n--xyz--\r\n";
  for (std::size_t piece_bytes = 1; piece_bytes <= whole.size() + 1; ++piece_bytes) {
    MultipartFile file = parts_of_a();
    EXPECT_EQ(file.bytes(), whole.size());
    EXPECT_EQ(read_all(file, piece_bytes), whole) << piece_bytes;
  }
}

TEST_F(MultipartFileTest, ChangesWithItsFile) {
  MultipartFile file = parts_of_a();
  EXPECT_TRUE(file.unchanged().value());
  volume.files["a"].version = 2;
  EXPECT_FALSE(file.unchanged().value());
}

TEST(MultipartBoundary, IsAnotherOneEachTime) {
  std::set<std::string> all;
  for (int i = 0; i < 1000; ++i) all.insert(multipart_boundary());
  EXPECT_EQ(all.size(), 1000U);
}

}  // namespace
}  // namespace bramble
