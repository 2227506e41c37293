// SPDX-License-Identifier: Apache-2.0
// Somebody changes what bricks are just listing, or have listed: no answer is as it was before.
#include <chrono>
#include <functional>
#include <string>

#include "volume/gluster_cache_bricks_fixture.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kNearest = 0, kWitness = 1, kThird = 2;

class GlusterCacheListingTest : public GlusterCacheBricksTest {
 protected:
  // Each time another page, which is changed at that look, but not on that brick.
  void at_each_look_without_each_brick(
      const std::function<void(std::size_t brick, const std::string& path)>& change,
      const std::function<void(int page)>& expect) {
    for (int look = 0; look < kLooks; ++look)
      for (const std::size_t brick : {kNearest, kWitness, kThird}) {
        SCOPED_TRACE(std::to_string(look) + " without " + std::to_string(brick));
        const int number = 3 * look + static_cast<int>(brick);
        forget_listings();
        list_while(look, [&] { change(brick, page(number)); });
        expect(number);
      }
  }
};

TEST_F(GlusterCacheListingTest, AWriteAfterTheListingIsSeen) {
  list();
  gluster_.write(page(1), "after");
  EXPECT_EQ(open(page(1)), "after");
  EXPECT_EQ(open(page(2)), text_of(2));
  gluster_.write(page(2), "after, too");
  EXPECT_EQ(at_hand(page(2)), "EAGAIN");
  EXPECT_EQ(open(page(2)), "after, too");
}

TEST_F(GlusterCacheListingTest, AWriteThatDoesNotReachTheBrickHereIsSeen) {
  list();
  EXPECT_EQ(open(page(2)), text_of(2));
  gluster_.write_without(0, page(1), "after");
  gluster_.write_without(0, page(2), "after");
  EXPECT_EQ(open(page(1)), "after");
  EXPECT_EQ(open(page(2)), "after");
}

TEST_F(GlusterCacheListingTest, AWriteBeforeWeHearOfTheFileIsSeen) {
  gluster_.on_list = [this](int brick) {
    if (brick == 2) gluster_.write(page(1), "after");  // all have told of it as it was
  };
  list();
  gluster_.on_list = nullptr;
  EXPECT_EQ(open(page(1)), "after");
}

TEST_F(GlusterCacheListingTest, AWriteToAKnownFileWhileItIsListedIsSeen) {
  EXPECT_EQ(open(page(1)), text_of(1));
  gluster_.on_list = [this](int brick) {
    if (brick == 2) gluster_.write(page(1), "after");
  };
  list();
  gluster_.on_list = nullptr;
  EXPECT_EQ(open(page(1)), "after");
}

TEST_F(GlusterCacheListingTest, AWriteThatMissesAnyBrickWhileItIsListedIsSeen) {
  at_each_look_without_each_brick(
      [this](std::size_t brick, const std::string& path) {
        gluster_.write_without(brick, path, "after");
      },
      [this](int number) {
        EXPECT_EQ(open(page(number)), "after");
        EXPECT_EQ(by_bricks(), 0);
      });
}

// What is kept of it is not read again where the listing says that it is still right.
TEST_F(GlusterCacheListingTest, AWriteThatMissesAnyBrickWhileAKnownFileIsListedIsSeen) {
  for (int i = 0; i < 3 * kLooks; ++i) EXPECT_EQ(open(page(i)), text_of(i));
  at_each_look_without_each_brick(
      [this](std::size_t brick, const std::string& path) {
        gluster_.write_without(brick, path, "after!");
      },
      [this](int number) { EXPECT_EQ(open(page(number)), "after!"); });
}

// Of a file that was not known before, so that events of it are lost until its handles are held.
TEST_F(GlusterCacheListingTest, AChangeOfModeThatMissesAnyBrickWhileItIsListedIsNotPassedOver) {
  at_each_look_without_each_brick(
      [this](std::size_t brick, const std::string& path) {
        gluster_.chmod_without(brick, path, 0604);
      },
      [this](int number) {
        EXPECT_EQ(open(page(number)), text_of(number));
        EXPECT_EQ(by_bricks(), 0);
      });
}

TEST_F(GlusterCacheListingTest, WhateverChangesWhileItIsListedIsSeen) {
  for (int look = 0; look < kLooks; ++look) {
    const auto renamed = [look](int i) { return page(10 + 2 * look + i); };
    const std::string cut = "a/cut" + std::to_string(look), gone = "a/gone" + std::to_string(look);
    gluster_.file(cut, "not empty");
    gluster_.file(gone, "there");
    forget_listings();
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

// Its times and size are right already, and its content is not.
TEST_F(GlusterCacheListingTest, WhatIsNotHealedYetIsAskedOfTheVolumeWheneverItIsNoted) {
  for (int look = 0; look < kLooks; ++look) {
    const std::string path = page(look);
    FakeNode& healed = gluster_.file(path, text_of(look));
    forget_listings();
    list_while(look, [&] {
      healed.on_brick[kNearest] = FakeCopy{.content = "torn 1", .modified = healed.modified};
      gluster_.mark(*gluster_.to_heal[kThird], path);
    });
    EXPECT_EQ(open(path), text_of(look)) << look;
    EXPECT_EQ(by_bricks(), look) << look;
    EXPECT_EQ(open(page(10 + look)), text_of(10 + look));
    EXPECT_EQ(by_bricks(), look + 1) << "the others are";
  }
}

TEST_F(GlusterCacheListingTest, WhatIsHealedWhileItIsListedIsRight) {
  for (int look = 0; look < kLooks; ++look) {
    const std::string path = page(look);
    FakeNode& healed = gluster_.file(path, text_of(look));
    forget_listings();
    gluster_.write_without(kNearest, path, "after");
    gluster_.mark(*gluster_.to_heal[kThird], path);
    list_while(look, [&] {
      healed.on_brick[kNearest].reset();
      gluster_.to_heal[kThird]->names.clear();
    });
    EXPECT_EQ(open(path), "after") << look;
    EXPECT_EQ(open(page(10 + look)), text_of(10 + look));
    EXPECT_GT(by_bricks(), look) << "the others are";
  }
}

TEST_F(GlusterCacheListingTest, AChangeOfModeThatMissesTheBrickHereIsSeenAfterTheListing) {
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

TEST_F(GlusterCacheListingTest, AWriteWhileABrickReadsIsSeen) {
  list();
  gluster_.on_read = [this] {
    gluster_.on_read = nullptr;
    gluster_.file(page(1), "later!");  // as long; no event yet
    ++gluster_.file(page(1), "later!").modified.tv_nsec;
  };
  EXPECT_EQ(open(page(1)), "later!");
}

TEST_F(GlusterCacheListingTest, NamesAreAsTheFolderIs) {
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
TEST_F(GlusterCacheListingTest, AFolderThatIsForgottenAndFoundAgainIsNotAsItWasListed) {
  begin({.memory_bytes = 1000});
  list();  // the root, where "a" was missed as often
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(open("a/new"), "ENOENT");
  gluster_.file("a/new", "new");
  EXPECT_EQ(open("a/new"), "new");
}

TEST_F(GlusterCacheListingTest, AFolderThatChangesWhileItIsListedIsNot) {
  gluster_.on_list = [this](int) { gluster_.file("a/new", "new"); };
  list();
  const int before = asked();
  EXPECT_EQ(open(page(1)), text_of(1));
  EXPECT_GT(asked(), before);
}

TEST_F(GlusterCacheListingTest, AKnownFileIsNotReadAgainBecauseItsFolderChanged) {
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

// A folder whose names are in use, while it is listed anew.
class GlusterCacheListingAnewTest : public GlusterCacheListingTest {
 protected:
  void use_names() {
    list();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(open(page(i)), text_of(i));
    wait(seconds(40));  // no doubts are left
    look();
  }
  // At the folders, as each 400 ms.
  void look() {
    (void)at_hand(page(1));
    cache_->verify_folders();
  }
  void change_and_look() {
    gluster_.rename(page(2), page(1));
    wait(milliseconds(400));
    look();
  }
};

TEST_F(GlusterCacheListingAnewTest, ItsNamesAreGivenUntilItIs) {
  use_names();
  change_and_look();
  EXPECT_EQ(at_hand(page(1)), text_of(1));
  EXPECT_EQ(at_hand(page(3)), text_of(3));
  EXPECT_EQ(open(page(1)), text_of(2)) << "who asks the volume is told what is right";
  EXPECT_EQ(at_hand(page(3)), text_of(3));
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(at_hand(page(1)), text_of(2));
  EXPECT_EQ(at_hand(page(2)), "EAGAIN");
  EXPECT_EQ(at_hand(page(3)), "EAGAIN");
  const int before = asked();
  EXPECT_EQ(open(page(2)), "ENOENT");
  EXPECT_EQ(open(page(3)), text_of(3));
  EXPECT_EQ(asked(), before) << "the bricks have told";
}

TEST_F(GlusterCacheListingAnewTest, ItsNamesAreNotGivenForLongerThanIfNobodyHadLooked) {
  use_names();
  change_and_look();
  wait(milliseconds(599));
  EXPECT_EQ(at_hand(page(1)), text_of(1));
  wait(milliseconds(1));
  EXPECT_EQ(at_hand(page(1)), "EAGAIN");
}

TEST_F(GlusterCacheListingAnewTest, NoneIsGivenAfterAnEvent) {
  use_names();
  change_and_look();
  gluster_.send_event("a");
  EXPECT_EQ(at_hand(page(3)), "EAGAIN");
}

TEST_F(GlusterCacheListingAnewTest, WhatLingersTellsNothingOfWhatIsBesideAFileByNow) {
  use_names();
  EXPECT_EQ(open(page(3) + ".gz"), "ENOENT");
  gluster_.file(page(3) + ".gz", "packed");
  wait(milliseconds(400));
  look();
  EXPECT_EQ(open(page(3)), text_of(3));
  const auto file = *cache_->open_at_hand(page(3));
  EXPECT_EQ(text(cache_->open_beside_at_hand(*file, page(3), "gz")), "ENOENT") << "it lingers";
  EXPECT_FALSE(file->nothing_beside()->knows("gz"));
}

TEST_F(GlusterCacheListingAnewTest, AFileThatChangesMeanwhileIsNotGiven) {
  use_names();
  change_and_look();
  gluster_.write(page(3), "after");
  EXPECT_EQ(at_hand(page(3)), "EAGAIN");
}

TEST_F(GlusterCacheListingAnewTest, WhatChangesWhileItIsListedIsListedOnceMore) {
  use_names();
  change_and_look();
  gluster_.on_way = [this] {  // behind the bricks' last word
    gluster_.rename(page(5), page(6));
    wait(milliseconds(400));
    look();
  };
  cache_->list_folders(milliseconds(0));
  gluster_.on_way = nullptr;
  EXPECT_EQ(gluster_.brick_listings, 2 * kLooks);
  cache_->list_folders(milliseconds(0));
  EXPECT_EQ(gluster_.brick_listings, 3 * kLooks);
  const int before = asked();
  EXPECT_EQ(open(page(6)), text_of(5));
  EXPECT_EQ(asked(), before);
}

TEST_F(GlusterCacheListingAnewTest, WhatCannotBeListedIsNotTriedForEachChange) {
  use_names();
  int changes = 0;
  const auto change = [&] { gluster_.file("a/new" + std::to_string(changes++), ""); };
  gluster_.on_list = [&](int) { change(); };
  const int before = gluster_.brick_listings;
  for (int round = 0; round < 20; ++round) {
    change();
    wait(milliseconds(400));
    (void)open(page(1));
    look();
    cache_->list_folders(milliseconds(0));
  }
  EXPECT_LE(gluster_.brick_listings - before, 3);
}

TEST_F(GlusterCacheListingAnewTest, NoneIsGivenWhereABrickIsAway) {
  use_names();
  gluster_.file(link_of("1"), "connected = 0\nmsgs_sent = 1\n");
  (void)cache_->look_at_bricks();
  change_and_look();
  EXPECT_EQ(at_hand(page(3)), "EAGAIN");
}

TEST_F(GlusterCacheListingAnewTest, AFolderOfWhichOneNameIsInUseIsNot) {
  for (int i = 20; i < 40; ++i) gluster_.file(page(i), text_of(i));
  list();
  EXPECT_EQ(open(page(1)), text_of(1));
  change_and_look();
  EXPECT_EQ(at_hand(page(1)), "EAGAIN");
}

}  // namespace
}  // namespace bramble
