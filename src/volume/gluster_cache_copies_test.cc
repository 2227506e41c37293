// SPDX-License-Identifier: Apache-2.0
// Large files are copied to the local disk, of one version each, and memory is bounded.
#include <malloc.h>

#include <string>
#include <vector>

#include "volume/gluster_cache_bricks_fixture.hh"

namespace bramble {
namespace {

class GlusterCacheCopiesTest : public GlusterCacheTest {
 protected:
  // All names that are kept, each of which may have been asked for often, go.
  void make_room() {
    for (int i = 0; i < 4000; ++i) {
      const std::string name = std::to_string(i / 4);
      if (i % 4 == 0) gluster_.file(name, std::string(10'000, 'x'));
      ASSERT_EQ(open(name).size(), 10'000U);
    }
  }
};
using GlusterCacheUnkeptTest = GlusterCacheBricksTest;

TEST_F(GlusterCacheCopiesTest, LargeFilesAreCopiedAsTheyAreReadOnceMore) {
  const std::string content(300'000, 'x');
  gluster_.file("large", content);
  EXPECT_EQ(open("large"), content);
  EXPECT_EQ(cache_->figures().copies, 0U) << "most are asked for once";
  EXPECT_EQ(cache_->open("large").value()->descriptor(), -1);
  EXPECT_EQ(at_hand("large"), "EAGAIN");
  EXPECT_EQ(open("large"), content);
  const int opens = gluster_.opens, reads = gluster_.reads;
  EXPECT_EQ(at_hand("large"), content);
  EXPECT_GE(cache_->open_at_hand("large").value()->descriptor(), 0);
  EXPECT_EQ(gluster_.opens, opens);
  EXPECT_EQ(gluster_.reads, reads);
  EXPECT_EQ(cache_->figures().copies, 1U);
}

TEST_F(GlusterCacheCopiesTest, ALargeFilesStatusIsAtHandBeforeItsContentIs) {
  gluster_.file("large", std::string(300'000, 'x'));
  ASSERT_TRUE(cache_->open("large").ok());
  EXPECT_EQ(cache_->open_at_hand("large").value()->status().size, 300'000U);
  EXPECT_FALSE(cache_->open_at_hand("large").value()->readable());
}

TEST_F(GlusterCacheCopiesTest, ACopyIsNotReadableAtHandBeforeItIsWhole) {
  gluster_.file("large", std::string(300'000, 'x'));
  ASSERT_TRUE(cache_->open("large").ok());
  const auto file = cache_->open("large").value();
  std::string piece(200'000, '\0');
  ASSERT_TRUE(file->read(0, piece).ok());
  EXPECT_FALSE(cache_->open_at_hand("large").value()->readable()) << "two visitors at once";
  EXPECT_EQ(open("large").size(), 300'000U);
  EXPECT_TRUE(cache_->open_at_hand("large").value()->readable());
}

TEST_F(GlusterCacheCopiesTest, WhatManySlowVisitorsHoldOfUnkeptFilesIsBounded) {
  const std::string content(100'000, 'x');
  gluster_.file("page", content);
  std::vector<std::unique_ptr<VolumeFile>> held;
  for (int i = 0; i < 400; ++i) {
    held.push_back(cache_->open("page").value());
    std::string piece(10, '\0');
    ASSERT_TRUE(held.back()->read(0, piece).ok());
  }
  EXPECT_EQ(gluster_.opens, 400 - static_cast<int>((16U << 20) / content.size()));
  held.clear();
  const int opens = gluster_.opens;
  EXPECT_EQ(open("page"), content);
  EXPECT_EQ(gluster_.opens, opens);
}

TEST_F(GlusterCacheCopiesTest, ACopyIsOfOneVersion) {
  FakeNode& large = gluster_.file("large", std::string(300'000, 'a'));
  ASSERT_TRUE(cache_->open("large").ok());
  const auto file = cache_->open("large").value();
  std::string piece(200'000, '\0');
  ASSERT_TRUE(file->read(0, piece).ok());
  large.content = std::string(300'000, 'b');
  ++large.modified.tv_nsec;
  ASSERT_TRUE(file->read(131'072, piece).ok());
  ASSERT_TRUE(file->read(262'144, piece).ok());
  EXPECT_FALSE(file->unchanged().value());
  EXPECT_EQ(cache_->open_at_hand("large").error().code, EAGAIN) << "what was seen counts as heard";
  gluster_.send_event("large");
  EXPECT_EQ(open("large"), std::string(300'000, 'b'));
}

TEST_F(GlusterCacheCopiesTest, ADownloadThatEndsEarlySaysNothingOfWhatWasCopiedSince) {
  gluster_.file("large", std::string(300'000, 'a'));
  const auto slow = cache_->open("large").value();
  std::string piece(100'000, '\0');
  ASSERT_TRUE(slow->read(0, piece).ok());
  gluster_.write("large", std::string(300'000, 'b'));
  for (int i = 0; i < 3; ++i) ASSERT_EQ(open("large"), std::string(300'000, 'b'));
  EXPECT_FALSE(slow->unchanged().value());
  EXPECT_GE(cache_->open_at_hand("large").value()->descriptor(), 0);
}

// As each piece that is healed is told, or written to a log.
TEST_F(GlusterCacheCopiesTest, OfAFileThatChangesMoreOftenThanItIsAskedForNoCopyIsMade) {
  const std::string content(300'000, 'a');
  gluster_.file("large", content);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(open("large"), content);
    gluster_.send_event("large");
  }
  EXPECT_EQ(cache_->figures().copies, 0U);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(open("large"), content);
  EXPECT_EQ(cache_->figures().copies, 1U);
}

// Where a client has it open, no event tells.
TEST_F(GlusterCacheCopiesTest, AReplacedFileThatCannotBeOpenedIsLookedUpAnew) {
  gluster_.file("large", std::string(300'000, 'a'));
  ASSERT_TRUE(cache_->open("large").ok());
  gluster_.file("new", std::string(300'000, 'b'));
  gluster_.rename("new", "large");
  EXPECT_EQ(open("large"), "ESTALE");
  EXPECT_EQ(open("large"), std::string(300'000, 'b'));
}

// A writer whose clock is behind changes no time. What a copy is kept of is heard of, whether its
// name is kept or not.
TEST_F(GlusterCacheCopiesTest, ACopyWhoseNameMadeRoomIsOldOnceItsFileIsWritten) {
  start({.memory_bytes = 1 << 20});
  FakeNode& large = gluster_.file("large", std::string(300'000, 'a'));
  for (int i = 0; i < 3; ++i) ASSERT_EQ(open("large"), std::string(300'000, 'a'));
  ASSERT_EQ(at_hand("large"), std::string(300'000, 'a'));
  make_room();
  ASSERT_EQ(at_hand("large"), "EAGAIN") << "its name is kept no more";
  ASSERT_EQ(cache_->figures().copies, 1U);
  large.content = std::string(300'000, 'b');
  gluster_.send_event("large");
  EXPECT_EQ(open("large"), std::string(300'000, 'b'));
}

// The same writer, while a brick was away.
TEST_F(GlusterCacheCopiesTest, AfterALossOfAConnectionACopyIsTakenAnew) {
  FakeNode& large = gluster_.file("large", std::string(300'000, 'a'));
  for (int i = 0; i < 3; ++i) ASSERT_EQ(open("large"), std::string(300'000, 'a'));
  large.content = std::string(300'000, 'b');
  cache_->links_seen(false);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(open("large"), std::string(300'000, 'b'));
  EXPECT_EQ(at_hand("large"), std::string(300'000, 'b'));
  EXPECT_EQ(cache_->figures().copies, 1U);
}

TEST_F(GlusterCacheCopiesTest, ACopyOutlivesItsName) {
  start({.memory_bytes = 1 << 20});
  gluster_.file("large", std::string(300'000, 'a'));
  for (int i = 0; i < 3; ++i) ASSERT_EQ(open("large"), std::string(300'000, 'a'));
  make_room();
  ASSERT_EQ(at_hand("large"), "EAGAIN");
  const int opens = gluster_.opens;
  EXPECT_EQ(open("large"), std::string(300'000, 'a'));
  EXPECT_EQ(gluster_.opens, opens);
}

TEST_F(GlusterCacheCopiesTest, WhatWasForgottenIsAnotherEditionAfterwards) {
  start({.memory_bytes = 1 << 20});
  gluster_.file("page", "a");
  const std::uint64_t edition = cache_->open("page").value()->status().edition;
  EXPECT_EQ(cache_->open("page").value()->status().edition, edition);
  make_room();
  ASSERT_EQ(at_hand("page"), "EAGAIN");
  EXPECT_NE(cache_->open("page").value()->status().edition, edition)
      << "what changed it is unheard";
}

TEST_F(GlusterCacheCopiesTest, AFileThatIsReplacedIsReadToItsEndWhereverItsFirstBytesWere) {
  const std::string content(300'000, 'a');
  gluster_.file("large", content);
  ASSERT_TRUE(cache_->open("large").ok());
  std::string piece(200'000, '\0');
  ASSERT_TRUE(cache_->open("large").value()->read(0, piece).ok()) << "who goes after that";
  const auto file = cache_->open("large").value();
  std::string whole(content.size(), '\0');
  std::size_t have = file->read(0, std::span(whole).first(1000)).value();
  gluster_.file("new", std::string(300'000, 'b'));
  gluster_.rename("new", "large");
  while (have < whole.size()) have += file->read(have, std::span(whole).subspan(have)).value();
  EXPECT_EQ(whole, content);
  EXPECT_TRUE(file->unchanged().value());
}

// Its last time is that of the removal, and its time of modification can be set back.
TEST_F(GlusterCacheCopiesTest, AFileThatIsWrittenAndThenRemovedIsNotReadToItsEnd) {
  for (const bool written : {false, true}) {
    FakeNode& large = gluster_.file("large", std::string(300'000, 'a'));
    large.links = 2;
    const auto file = cache_->open("large").value();
    std::string piece(100'000, '\0');
    ASSERT_TRUE(file->read(0, piece).ok());
    if (written) gluster_.send_event("large");
    large.links = 1;
    large.changed = timespec{.tv_sec = 1'800'000'000, .tv_nsec = written};
    gluster_.send_event("large", FakeGluster::kRemoved);
    ASSERT_TRUE(file->read(200'000, piece).ok());
    EXPECT_EQ(file->unchanged().value(), !written);
  }
}

// It may have been written before that, and what was read of it.
TEST_F(GlusterCacheCopiesTest, AFileThatIsReadWholeIsNotTrustedWhereItLostOneOfItsNamesMeanwhile) {
  FakeNode& page = gluster_.file("page", std::string(100'000, 'a'));
  page.links = 2;
  const auto file = cache_->open("page").value();
  std::string bytes(100'000, '\0');
  ASSERT_TRUE(file->read(0, bytes).ok());
  page.links = 1;
  page.changed = timespec{.tv_sec = 1'800'000'000, .tv_nsec = 0};
  EXPECT_FALSE(file->unchanged().value());
}

TEST_F(GlusterCacheCopiesTest, WithoutRoomForCopiesLargeFilesAreReadThroughEachTime) {
  start({.copy_bytes = 0});
  const std::string content(300'000, 'x');
  gluster_.file("large", content);
  EXPECT_EQ(open("large"), content);
  EXPECT_EQ(open("large"), content);
  EXPECT_EQ(gluster_.opens, 2);
}

// Bytes of the heap that are in use; 0 where a sanitizer has its own.
std::uint64_t heap_bytes() { return ::mallinfo2().uordblks; }

// As a crawler does it, or a search for holes.
TEST_F(GlusterCacheCopiesTest, HoweverManyNamesAreAskedForWhatIsKeptStaysTheSame) {
  constexpr int kNames = 40'000;
  constexpr std::uint64_t kMemory = 4 << 20;
  start({.memory_bytes = kMemory});
  const auto name = [](int i) { return std::to_string(i / 1000) + "/" + std::to_string(i); };
  for (int i = 0; i < kNames; ++i)
    if (i % 4 != 0) gluster_.file(name(i), "x");  // the others are nowhere
  const std::uint64_t before = heap_bytes();
  for (int i = 0; i < kNames; ++i) {
    ASSERT_EQ(open(name(i)), i % 4 != 0 ? "x" : "ENOENT");
    if (i % 1000 != 0) continue;
    ASSERT_LE(cache_->figures().memory_bytes, kMemory);
    ASSERT_LE(heap_bytes(), before + kMemory) << "after " << i;
    ASSERT_LE(gluster_.handles, 2000) << "each keeps an inode of gfapi's";
  }
  EXPECT_GT(cache_->figures().names, 1000U);
}

// Who takes them slowly has them in memory.
TEST_F(GlusterCacheUnkeptTest, WhatIsReadWholeAndNotKeptIsBounded) {
  constexpr int kFiles = 200;
  constexpr std::size_t kBytes = 100'000;
  for (int i = 0; i < kFiles; ++i) gluster_.file(page(i), std::string(kBytes, 'x'));
  list();
  std::vector<std::unique_ptr<VolumeFile>> held;
  for (int i = 0; i < kFiles; ++i) held.push_back(cache_->open(page(i)).value());
  EXPECT_EQ(by_bricks(), (16 << 20) / static_cast<int>(kBytes));
  std::string piece(10, '\0');
  for (const auto& file : held) ASSERT_EQ(file->read(kBytes - 10, piece).value(), 10U);
  held.clear();
  gluster_.file("a/another", std::string(kBytes, 'x'));
  wait(std::chrono::seconds(1));
  for (int i = 0; i < 4; ++i) list();  // the larger a folder, the more misses
  const int before = by_bricks();
  EXPECT_EQ(open("a/another").size(), kBytes);
  EXPECT_EQ(by_bricks(), before + 1);
}

TEST_F(GlusterCacheCopiesTest, MemoryIsBounded) {
  start({.memory_bytes = 1 << 20});
  for (int i = 0; i < 1000; ++i) gluster_.file(std::to_string(i), std::string(10'000, 'x'));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(open(std::to_string(i)).size(), 10'000U);
  EXPECT_LE(cache_->figures().memory_bytes, 1U << 20);
  EXPECT_LT(gluster_.handles, 200) << "handles go with what was kept by them";
}

}  // namespace
}  // namespace bramble
