// SPDX-License-Identifier: Apache-2.0
#include "volume/local_copy.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <thread>

namespace bramble {
namespace {

constexpr std::uint64_t kPiece = LocalCopy::kPieceBytes;

class LocalCopyTest : public testing::Test {
 protected:
  LocalCopyTest() {
    std::iota(content_.begin(), content_.end(), '\0');
    struct stat status = {};
    status.st_size = static_cast<off_t>(content_.size());
    copy_ = LocalCopy::create("/var/tmp", Stamp(status)).value();
  }
  void fill(std::uint64_t offset, std::uint64_t bytes) {
    copy_->fill(offset, std::span(content_).subspan(offset, bytes));
  }
  std::string read(std::uint64_t offset, std::size_t bytes) {
    std::string piece(bytes, '\0');
    piece.resize(copy_->read(offset, piece));
    return piece;
  }

  std::string content_ = std::string(2 * kPiece + 10, '\0');
  std::shared_ptr<LocalCopy> copy_;
};

TEST_F(LocalCopyTest, GivesThePiecesThatAreThere) {
  EXPECT_EQ(read(0, 10), "");
  fill(kPiece, kPiece);
  EXPECT_EQ(read(0, 10), "");
  EXPECT_EQ(read(kPiece + 5, 10), content_.substr(kPiece + 5, 10));
  EXPECT_EQ(read(2 * kPiece - 5, 10), content_.substr(2 * kPiece - 5, 5)) << "to the piece's end";
  EXPECT_EQ(read(2 * kPiece, 10), "");
  EXPECT_EQ(read(content_.size(), 10), "");
}

TEST_F(LocalCopyTest, APartOfAPieceIsNone) {
  fill(10, kPiece - 10);
  fill(kPiece, kPiece - 1);
  EXPECT_EQ(read(10, 10), "");
  EXPECT_EQ(read(kPiece, 10), "");
  fill(10, 2 * kPiece - 10);  // the second piece is whole
  EXPECT_EQ(read(kPiece, 10), content_.substr(kPiece, 10));
}

TEST_F(LocalCopyTest, IsFilledWithItsLastShorterPiece) {
  fill(0, 2 * kPiece);
  EXPECT_FALSE(copy_->filled());
  fill(2 * kPiece, 10);
  EXPECT_TRUE(copy_->filled());
  EXPECT_FALSE(copy_->is_complete());
  std::string all(content_.size(), '\0');
  ASSERT_EQ(::pread(copy_->descriptor(), all.data(), all.size(), 0),
            static_cast<ssize_t>(all.size()));
  EXPECT_EQ(all, content_);
}

TEST_F(LocalCopyTest, OnceSpoiltItGivesNothing) {
  fill(0, kPiece);
  copy_->spoil();
  EXPECT_EQ(read(0, 10), "");
  fill(0, content_.size());
  EXPECT_FALSE(copy_->filled());
}

// Others need its room, and one who does not know it yet fills another piece: then there is a hole
// where the reader's piece was.
TEST_F(LocalCopyTest, WhoReadsWhileItIsSpoiltNeverReadsAHole) {
  std::ranges::fill(content_, 'x');
  const Stamp stamp = copy_->stamp();
  for (int round = 0; round < 300; ++round) {
    copy_ = LocalCopy::create("/var/tmp", stamp).value();
    fill(0, kPiece);
    std::thread filler([&] { fill(kPiece, kPiece); });
    std::thread spoiler([&] { copy_->spoil(); });
    const std::string got = read(0, kPiece);
    filler.join();
    spoiler.join();
    ASSERT_EQ(got, content_.substr(0, got.size())) << "in round " << round;
  }
}

TEST(LocalCopy, WithoutAFolderThereIsNone) {
  const auto copy = LocalCopy::create("/no/such/folder", Stamp({}));
  ASSERT_FALSE(copy.ok());
  EXPECT_EQ(copy.error().what,
            "open a file without a name in /no/such/folder: No such file or directory");
}

}  // namespace
}  // namespace bramble
