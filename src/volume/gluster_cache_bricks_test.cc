// SPDX-License-Identifier: Apache-2.0
// What is asked of the volume and what of its bricks, and that no brick is believed alone.
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "volume/gluster_cache_bricks_fixture.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kWorthWaiting = 16;  // after which one waits for it
constexpr int kLooks = 4;          // each brick, and the witness once more
constexpr std::size_t kNearest = 0, kWitness = 1, kThird = 2;

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
  gluster_.dirty[2]->names[to_string(gluster_.gfid(page(1)))] = std::make_shared<FakeNode>();
  gluster_.to_heal[1]->names[to_string(gluster_.gfid(page(2)))] = std::make_shared<FakeNode>();
  gluster_.to_heal[1]->names["xattrop-0b1c"] = std::make_shared<FakeNode>();
  list();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  EXPECT_EQ(by_bricks(), 1);
}

TEST_F(GlusterCacheBricksTest, AWriteAfterTheListingIsSeen) {
  list();
  gluster_.write(page(1), "after");
  EXPECT_EQ(open(page(1)), "after");
  EXPECT_EQ(open(page(2)), text_of(2));
  gluster_.write(page(2), "after, too");
  EXPECT_EQ(at_hand(page(2)), "EAGAIN");
  EXPECT_EQ(open(page(2)), "after, too");
}

TEST_F(GlusterCacheBricksTest, AWriteThatDoesNotReachTheBrickHereIsSeen) {
  list();
  EXPECT_EQ(open(page(2)), text_of(2));
  gluster_.write_without(0, page(1), "after");
  gluster_.write_without(0, page(2), "after");
  EXPECT_EQ(open(page(1)), "after");
  EXPECT_EQ(open(page(2)), "after");
}

TEST_F(GlusterCacheBricksTest, AWriteBeforeWeHearOfTheFileIsSeen) {
  gluster_.on_list = [this](int brick) {
    if (brick == 2) gluster_.write(page(1), "after");  // all have told of it as it was
  };
  list();
  gluster_.on_list = nullptr;
  EXPECT_EQ(open(page(1)), "after");
}

TEST_F(GlusterCacheBricksTest, AWriteToAKnownFileWhileItIsListedIsSeen) {
  EXPECT_EQ(open(page(1)), text_of(1));
  gluster_.on_list = [this](int brick) {
    if (brick == 2) gluster_.write(page(1), "after");
  };
  list();
  gluster_.on_list = nullptr;
  EXPECT_EQ(open(page(1)), "after");
}

TEST_F(GlusterCacheBricksTest, AWriteThatMissesAnyBrickWhileItIsListedIsSeen) {
  for (int look = 0; look < kLooks; ++look)
    for (const std::size_t missed : {kNearest, kWitness, kThird}) {
      const std::string path = page(3 * look + static_cast<int>(missed));
      wait(seconds(6));
      cache_->verify_folders();
      list_while(look, [&] { gluster_.write_without(missed, path, "after"); });
      EXPECT_EQ(open(path), "after") << look << " without " << missed;
      EXPECT_EQ(by_bricks(), 0) << look << " without " << missed;
    }
}

// What is kept of it is not read again where the listing says that it is still right.
TEST_F(GlusterCacheBricksTest, AWriteThatMissesAnyBrickWhileAKnownFileIsListedIsSeen) {
  for (int i = 0; i < 3 * kLooks; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  for (int look = 0; look < kLooks; ++look)
    for (const std::size_t missed : {kNearest, kWitness, kThird}) {
      const std::string path = page(3 * look + static_cast<int>(missed));
      wait(seconds(6));
      cache_->verify_folders();
      list_while(look, [&] { gluster_.write_without(missed, path, "after!"); });
      EXPECT_EQ(open(path), "after!") << look << " without " << missed;
    }
}

// Of a file that was not known before, so that events of it are lost until its handles are held.
TEST_F(GlusterCacheBricksTest, AChangeOfModeThatMissesAnyBrickWhileItIsListedIsNotPassedOver) {
  for (int look = 0; look < kLooks; ++look)
    for (const std::size_t missed : {kNearest, kWitness, kThird}) {
      const std::string path = page(3 * look + static_cast<int>(missed));
      wait(seconds(6));
      cache_->verify_folders();
      list_while(look, [&] { gluster_.chmod_without(missed, path, 0604); });
      EXPECT_EQ(open(path), text_of(3 * look + static_cast<int>(missed)));
      EXPECT_EQ(by_bricks(), 0) << look << " without " << missed;
    }
}

TEST_F(GlusterCacheBricksTest, WhateverChangesWhileItIsListedIsSeen) {
  for (int look = 0; look < kLooks; ++look) {
    const auto renamed = [look](int i) { return page(10 + 2 * look + i); };
    const std::string cut = "a/cut" + std::to_string(look), gone = "a/gone" + std::to_string(look);
    gluster_.file(cut, "not empty");
    gluster_.file(gone, "there");
    wait(seconds(6));
    cache_->verify_folders();
    list_while(look, [&] {
      gluster_.write(cut, "");
      gluster_.remove(gone);
      gluster_.write(page(look), "shorter");
      gluster_.chmod(page(4 + look), 0604);
      gluster_.rename(renamed(0), renamed(1));
      gluster_.file("a/new" + std::to_string(look), "new");
    });
    EXPECT_EQ(open(cut), "") << look;
    EXPECT_EQ(open(gone), "ENOENT") << look;
    EXPECT_EQ(open(page(look)), "shorter") << look;
    EXPECT_EQ(open(page(4 + look)), text_of(4 + look)) << look;
    EXPECT_EQ(open(renamed(0)), "ENOENT") << look;
    EXPECT_EQ(open(renamed(1)), text_of(10 + 2 * look)) << look;
    EXPECT_EQ(open("a/new" + std::to_string(look)), "new") << look;
    EXPECT_EQ(by_bricks(), 0) << look;
  }
}

TEST_F(GlusterCacheBricksTest, WhatWasNotAgreedOnIsListedAgainAWhileLater) {
  for (int i = 0; i < 20; ++i)
    gluster_.dirty[2]->names[to_string(gluster_.gfid(page(i)))] = std::make_shared<FakeNode>();
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

// Its times and size are right already, and its content is not.
TEST_F(GlusterCacheBricksTest, WhatIsNotHealedYetIsAskedOfTheVolumeWheneverItIsNoted) {
  for (int look = 0; look < kLooks; ++look) {
    const std::string path = page(look);
    FakeNode& healed = gluster_.file(path, text_of(look));
    wait(seconds(6));
    cache_->verify_folders();
    list_while(look, [&] {
      healed.on_brick[kNearest] = FakeCopy{.content = "torn 1", .modified = healed.modified};
      gluster_.to_heal[kThird]->names[to_string(gluster_.gfid(path))] =
          std::make_shared<FakeNode>();
    });
    EXPECT_EQ(open(path), text_of(look)) << look;
    EXPECT_EQ(by_bricks(), look) << look;
    EXPECT_EQ(open(page(10 + look)), text_of(10 + look));
    EXPECT_EQ(by_bricks(), look + 1) << "the others are";
  }
}

TEST_F(GlusterCacheBricksTest, WhatIsHealedWhileItIsListedIsRight) {
  for (int look = 0; look < kLooks; ++look) {
    const std::string path = page(look);
    FakeNode& healed = gluster_.file(path, text_of(look));
    wait(seconds(6));
    cache_->verify_folders();
    gluster_.write_without(kNearest, path, "after");
    gluster_.to_heal[kThird]->names[to_string(gluster_.gfid(path))] = std::make_shared<FakeNode>();
    list_while(look, [&] {
      healed.on_brick[kNearest].reset();
      gluster_.to_heal[kThird]->names.clear();
    });
    EXPECT_EQ(open(path), "after") << look;
    EXPECT_EQ(open(page(10 + look)), text_of(10 + look));
    EXPECT_GT(by_bricks(), look) << "the others are";
  }
}

TEST_F(GlusterCacheBricksTest, AChangeOfModeThatMissesTheBrickHereIsSeenAfterTheListing) {
  list();
  EXPECT_EQ(open(page(1)), text_of(1));
  for (const int i : {1, 2}) {
    gluster_.chmod_without(kNearest, page(i), 0604);
    EXPECT_EQ(at_hand(page(i)), "EAGAIN");
    const int before = asked();
    EXPECT_EQ(open(page(i)), text_of(i));
    EXPECT_GT(asked(), before);
  }
}

TEST_F(GlusterCacheBricksTest, AWriteWhileABrickReadsIsSeen) {
  list();
  gluster_.on_read = [this] {
    gluster_.on_read = nullptr;
    gluster_.file(page(1), "later!");  // as long; no event yet
    ++gluster_.file(page(1), "later!").modified.tv_nsec;
  };
  EXPECT_EQ(open(page(1)), "later!");
}

TEST_F(GlusterCacheBricksTest, NamesAreAsTheFolderIs) {
  gluster_.file("a/next", "next");
  list();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_EQ(open("a/new"), "ENOENT");
  gluster_.rename("a/next", page(1));
  gluster_.file("a/new", "new");
  wait(seconds(1));
  EXPECT_EQ(open(page(1)), "next");
  EXPECT_EQ(open("a/new"), "new");
}

// Whoever looks it up again begins with its first epoch.
TEST_F(GlusterCacheBricksTest, AFolderThatIsForgottenAndFoundAgainIsNotAsItWasListed) {
  begin({.memory_bytes = 1000});
  list();  // the root, where "a" was missed as often
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(open("a/new"), "ENOENT");
  gluster_.file("a/new", "new");
  EXPECT_EQ(open("a/new"), "new");
}

TEST_F(GlusterCacheBricksTest, AFolderThatChangesWhileItIsListedIsNot) {
  gluster_.on_list = [this](int) { gluster_.file("a/new", "new"); };
  list();
  const int before = asked();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_GT(asked(), before);
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

TEST_F(GlusterCacheBricksTest, AKnownFileIsNotReadAgainBecauseItsFolderChanged) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  gluster_.file("a/new", "new");
  wait(seconds(1));
  list();
  const int before = asked();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  EXPECT_EQ(asked(), before);
  EXPECT_EQ(by_bricks(), 0);
  gluster_.write_without(0, page(1), "after");
  EXPECT_EQ(open(page(1)), "after");
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
  wait(seconds(6));
  cache_->verify_folders();
  EXPECT_EQ(cache_->figures().listed_names, 0U);
  EXPECT_LE(gluster_.handles - handles, 1);
}

}  // namespace
}  // namespace bramble
