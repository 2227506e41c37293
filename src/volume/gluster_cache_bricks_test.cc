// SPDX-License-Identifier: Apache-2.0
// What is asked of the volume and what of its bricks, and that no brick is believed alone.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "volume/gluster_cache_bricks_fixture.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kWorthWaiting = 16;  // after which one waits for it

TEST_F(GlusterCacheBricksTest, AFileOfAListedFolderIsOneReadOfOneBrick) {
  list();
  EXPECT_EQ(gluster_.brick_listings, kLooks);
  const int before = asked();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  EXPECT_EQ(asked(), before);
  EXPECT_EQ(by_bricks(), 20);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(at_hand(page(i)), text_of(i));
  EXPECT_EQ(by_bricks(), 20);
  EXPECT_EQ(cache_->figures().files_from_bricks, 20U);
  EXPECT_EQ(cache_->figures().listings, 1U);
}

TEST_F(GlusterCacheBricksTest, ANameThatNoBrickListsIsNotLookedUp) {
  list();
  const int before = asked();
  EXPECT_EQ(open("a/none"), "ENOENT");
  EXPECT_EQ(at_hand("a/none"), "ENOENT");
  EXPECT_EQ(asked(), before);
  EXPECT_EQ(open("a/" + std::string(256, 'x')), "ENAMETOOLONG");
}

TEST_F(GlusterCacheBricksTest, AFolderIsListedWhenNamesInItAreMissedAgainAndAgain) {
  for (int i = 0; i + 1 < kMisses; ++i) (void)open(page(i));
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(gluster_.brick_listings, 0);
  (void)open(page(kMisses));
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(gluster_.brick_listings, kLooks);
}

TEST_F(GlusterCacheBricksTest, BricksAreAskedAtOnce) {
  begin_as_it_is({});
  std::atomic<int> asked = 0;
  gluster_.on_list = [&asked](int) {
    ++asked;
    for (int ms = 0; asked < 3 && ms < 10'000; ++ms) std::this_thread::sleep_for(milliseconds(1));
    EXPECT_GE(asked, 3);
  };
  list();
  EXPECT_EQ(asked, kLooks);
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(by_bricks(), 1);
}

TEST_F(GlusterCacheBricksTest, AfterManyMissesTheListingIsAwaited) {
  // For 250 ms; on a busy machine they may be over before it comes: then in another folder.
  for (int tries = 0; tries < 5 && by_bricks() == 0; ++tries) {
    const std::string folder = "b" + std::to_string(tries);
    gluster_.file(folder + "/page", "here");
    for (int i = 0; i < kWorthWaiting - 1; ++i) (void)open(folder + "/none" + std::to_string(i));
    const int before = asked();
    std::string got;
    std::thread visitor([&] { got = open(folder + "/page"); });
    std::this_thread::sleep_for(milliseconds(50));
    cache_->list_folders(milliseconds(0));
    visitor.join();
    EXPECT_EQ(got, "here");
    if (by_bricks() == 1) {
      EXPECT_EQ(asked(), before);
    }
  }
  EXPECT_EQ(by_bricks(), 1);
}

TEST_F(GlusterCacheBricksTest, AListingThatDoesNotComeIsAwaitedOnce) {
  const auto took = [&](int from, int count) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) (void)open("a/none" + std::to_string(from + i));
    return std::chrono::steady_clock::now() - began;
  };
  (void)took(0, kWorthWaiting - 1);
  EXPECT_GE(took(100, 1), milliseconds(250));
  EXPECT_LT(took(200, 50), seconds(6)) << "not each of them: 12.5 s";
}

TEST_F(GlusterCacheBricksTest, WhatBricksDisagreeOnIsAskedOfTheVolume) {
  FakeNode& older = gluster_.file("a/older", "here");
  older.on_brick[0] = FakeCopy{.content = "here", .modified = {.tv_sec = 1, .tv_nsec = 0}};
  FakeNode& shorter = gluster_.file("a/shorter", "here");
  shorter.on_brick[1] = FakeCopy{.content = "he", .modified = shorter.modified};
  FakeNode& missing = gluster_.file("a/missing", "here");
  missing.on_brick[2] = FakeCopy{.missing = true};
  list();
  for (const char* name : {"a/older", "a/shorter", "a/missing"}) EXPECT_EQ(open(name), "here");
  EXPECT_EQ(by_bricks(), 0);
}

TEST_F(GlusterCacheBricksTest, OtherThingsThanFilesAreAskedOfTheVolume) {
  gluster_.file("a/sub/page", "below");
  gluster_.link("a/link", "page1");
  gluster_.file("a/fifo", "").mode = S_IFIFO | 0644;
  list();
  EXPECT_EQ(open("a/sub"), "a folder");
  EXPECT_EQ(open("a/sub/page"), "below");
  EXPECT_EQ(open("a/link"), text_of(1));
  EXPECT_EQ(open("a/fifo"), "EACCES");
  EXPECT_EQ(by_bricks(), 0);
}

TEST_F(GlusterCacheBricksTest, WhatIsBeingChangedOrHealedIsAskedOfTheVolume) {
  gluster_.mark(*gluster_.dirty[2], page(1));
  gluster_.mark(*gluster_.to_heal[1], page(2));
  gluster_.to_heal[1]->names["xattrop-0b1c"] = std::make_shared<FakeNode>();
  list();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  EXPECT_EQ(by_bricks(), 1);
}

TEST_F(GlusterCacheBricksTest, WhatWasNotAgreedOnIsListedAgainAWhileLater) {
  for (int i = 0; i < 20; ++i) gluster_.mark(*gluster_.dirty[2], page(i));
  list();
  gluster_.dirty[2]->names.clear();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(gluster_.brick_listings, kLooks);
  wait(seconds(2));
  for (int i = 10; i < 15; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(gluster_.brick_listings, 2 * kLooks);
  for (int i = 15; i < 20; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  EXPECT_EQ(by_bricks(), 5);
}

TEST_F(GlusterCacheBricksTest, ALostConnectionToABrickTakesTrustFromWhatItTold) {
  list();
  EXPECT_EQ(open(page(1)), text_of(1));
  cache_->links_seen(false);
  EXPECT_EQ(at_hand(page(1)), "EAGAIN");
  const int before = asked();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_GT(asked(), before);
}

TEST_F(GlusterCacheBricksTest, WithoutOneOfThemNoneIsAsked) {
  list();
  gluster_.file(link_of("1"), "connected = 0\n");
  (void)cache_->look_at_bricks();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(by_bricks(), 0);
  EXPECT_EQ(open("a/new"), "ENOENT");
}

TEST_F(GlusterCacheBricksTest, AVolumeOfOtherBricksIsAskedItself) {
  list();
  const std::string other = "option remote-host 192.0.2.4";
  gluster_.volfile.replace(gluster_.volfile.find("option remote-host 192.0.2.2"), other.size(),
                           other);
  (void)cache_->look_at_bricks();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(by_bricks(), 0);
}

TEST_F(GlusterCacheBricksTest, OtherOptionsMakeNoOtherBricks) {
  list();
  gluster_.volfile.insert(gluster_.volfile.find("option remote-host"),
                          "option event-threads 4\n    ");
  (void)cache_->look_at_bricks();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(by_bricks(), 1);
}

TEST_F(GlusterCacheBricksTest, WhileNobodyLooksAtTheConnectionsTheVolumeIsAsked) {
  list();
  clock_.advance(seconds(1));
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(by_bricks(), 0);
}

TEST_F(GlusterCacheBricksTest, ThePlaceItselfIsNoNameOfAListing) {
  list();
  EXPECT_EQ(open("a/"), "a folder");
  EXPECT_EQ(open("a/."), "a folder");
}

TEST_F(GlusterCacheBricksTest, WhatMayBeListedButNotEnteredIsAskedOfTheVolume) {
  if (::geteuid() == 0) GTEST_SKIP() << "root enters everything";
  FakeNode& folder = gluster_.folder("a");
  folder.owner = 4711;
  folder.mode = S_IFDIR | 0744;
  list();
  EXPECT_EQ(open(page(1)), text_of(1)) << "as the fake does not mind";
  EXPECT_EQ(by_bricks(), 0);
}

TEST_F(GlusterCacheBricksTest, ABrickThatCannotReadIsNoTroubleOfTheVolume) {
  list();
  FakeNode& here = gluster_.file(page(1), text_of(1));
  here.on_brick[0] = FakeCopy{.content = "other", .modified = here.modified};
  EXPECT_EQ(open(page(1)), text_of(1));
}

TEST_F(GlusterCacheBricksTest, WhatWasTrustedForTooLongIsAskedOfTheVolume) {
  list();
  EXPECT_EQ(open(page(1)), text_of(1));
  wait(seconds(61));
  EXPECT_EQ(at_hand(page(1)), "EAGAIN");
  const int before = asked();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_GT(asked(), before);
  EXPECT_EQ(open(page(2)), text_of(2));
  EXPECT_EQ(by_bricks(), 1);
}

TEST_F(GlusterCacheBricksTest, WhoMayNotReadAFileIsToldWhenHeMay) {
  FakeNode& secret = gluster_.file("a/secret", "secret");
  secret.mode = S_IFREG | 0;
  secret.owner = 4711;
  list();
  const bool root = ::geteuid() == 0;
  EXPECT_EQ(open("a/secret"), root ? "secret" : "EACCES");
  secret.mode = S_IFREG | 0644;
  gluster_.write("a/secret", "secret");
  EXPECT_EQ(open("a/secret"), "secret");
}

TEST_F(GlusterCacheBricksTest, ALargerFileIsReadOnceAndThenCopied) {
  const std::string large(40'000, 'x');
  gluster_.file("a/large", large);
  list();
  EXPECT_EQ(open("a/large"), large);
  EXPECT_EQ(by_bricks(), 1);
  EXPECT_EQ(at_hand("a/large"), "EAGAIN") << "memory is for small ones";
  EXPECT_EQ(open("a/large"), large);
  EXPECT_EQ(by_bricks(), 1);
  EXPECT_EQ(at_hand("a/large"), large);
  EXPECT_EQ(cache_->figures().copies, 1U);
}

TEST_F(GlusterCacheBricksTest, AFolderOfTooManyNamesIsNotListed) {
  for (int i = 0; i < 4200; ++i) gluster_.file("a/more" + std::to_string(i), "");
  list();
  const int before = asked();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_GT(asked(), before);
  const int listings = gluster_.brick_listings;
  for (int i = 0; i < 100; ++i) (void)open("a/more" + std::to_string(i));
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(gluster_.brick_listings, listings) << "nor tried at each miss";
}

TEST_F(GlusterCacheBricksTest, WhatNobodyUsesIsDropped) {
  const int handles = gluster_.handles;
  list();
  EXPECT_EQ(gluster_.handles - handles, 1 + 3 * 20) << "the folder, and each file on each brick";
  EXPECT_EQ(cache_->figures().listed_names, 20U);
  forget_listings();
  EXPECT_EQ(cache_->figures().listed_names, 0U);
  EXPECT_LE(gluster_.handles - handles, 1);
}

}  // namespace
}  // namespace bramble
