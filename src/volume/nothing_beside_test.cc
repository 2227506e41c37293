// SPDX-License-Identifier: Apache-2.0
// What is known of names beside a file's, and that a cache learns it of no other folder or time.
#include <chrono>

#include "volume/gluster_cache_fixture.hh"

namespace bramble {
namespace {

TEST(NothingBeside, KnowsWhatItLearnt) {
  const NothingBeside beside;
  EXPECT_FALSE(beside.knows("br"));
  beside.learn("br");
  beside.learn("br");
  beside.learn("zst");
  EXPECT_TRUE(beside.knows("br"));
  EXPECT_TRUE(beside.knows("zst"));
  EXPECT_FALSE(beside.knows("gz"));
  EXPECT_FALSE(beside.knows("b"));
}

TEST(NothingBeside, KnowsNothingOfWhatIsTooMuchOrTooLong) {
  const NothingBeside beside;
  for (const char* ending : {"", "brotli", "1", "2", "3", "four", "5"}) beside.learn(ending);
  for (const char* known : {"1", "2", "3", "four"}) EXPECT_TRUE(beside.knows(known)) << known;
  for (const char* unknown : {"", "brotli", "brot", "5"})
    EXPECT_FALSE(beside.knows(unknown)) << unknown;
}

TEST_F(GlusterCacheTest, WhatIsNotBesideAFileIsKnownForAsLongAsTheFolderIsAsItWas) {
  gluster_.file("a/page", "text");
  EXPECT_EQ(open("a/page"), "text");
  EXPECT_EQ(open("a/page.gz"), "ENOENT");
  const auto beside = [this](const VolumeFile& file, const char* ending) {
    return text(cache_->open_beside_at_hand(file, "a/page", ending));
  };
  {
    const auto file = *cache_->open_at_hand("a/page");
    EXPECT_FALSE(file->nothing_beside()->knows("gz"));
    EXPECT_EQ(beside(*file, "gz"), "ENOENT");
    EXPECT_EQ(beside(*file, "br"), "EAGAIN");
    EXPECT_TRUE(file->nothing_beside()->knows("gz"));
    EXPECT_FALSE(file->nothing_beside()->knows("br"));
  }
  EXPECT_TRUE((*cache_->open_at_hand("a/page"))->nothing_beside()->knows("gz")) << "the next, too";
  gluster_.file("a/page.gz", "packed");
  wait(std::chrono::seconds(1));
  EXPECT_EQ(open("a/page"), "text");
  const auto file = *cache_->open_at_hand("a/page");
  EXPECT_FALSE(file->nothing_beside()->knows("gz"));
  EXPECT_EQ(open("a/page.gz"), "packed");
  EXPECT_EQ(beside(*file, "gz"), "packed");
  EXPECT_FALSE(file->nothing_beside()->knows("gz"));
}

TEST_F(GlusterCacheTest, ByAFileThatIsThereInAnotherFolderNothingIsKnown) {
  gluster_.file("a/page", "text");
  gluster_.file("b/page", "text");
  EXPECT_EQ(open("a/page"), "text");
  EXPECT_EQ(open("b/page.gz"), "ENOENT");
  const auto file = *cache_->open_at_hand("a/page");
  EXPECT_EQ(text(cache_->open_beside_at_hand(*file, "b/page", "gz")), "ENOENT");
  EXPECT_FALSE(file->nothing_beside()->knows("gz"));
}

}  // namespace
}  // namespace bramble
