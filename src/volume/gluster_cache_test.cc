// SPDX-License-Identifier: Apache-2.0
// What is asked of a volume in memory, and when, as time stands still.
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "volume/gluster_cache_fixture.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;

TEST_F(GlusterCacheTest, WhatWasAskedForOnceIsAtHand) {
  gluster_.file("a/page.html", "a page");
  EXPECT_EQ(at_hand("a/page.html"), "EAGAIN");
  EXPECT_EQ(open("a/page.html"), "a page");
  const int before = asked();
  EXPECT_EQ(at_hand("a/page.html"), "a page");
  EXPECT_EQ(at_hand("a"), "a folder");
  EXPECT_EQ(at_hand(""), "a folder");
  EXPECT_EQ(asked(), before);
  EXPECT_EQ(cache_->figures().hits, 3U);
}

TEST_F(GlusterCacheTest, SoIsThatThereIsNone) {
  gluster_.file("page", "");
  gluster_.file("private", "").mode = S_IFIFO | 0644;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(open("missing"), "ENOENT");
    EXPECT_EQ(open("missing/below/it"), "ENOENT");
    EXPECT_EQ(open("page/below"), "ENOTDIR");
    EXPECT_EQ(open("private"), "EACCES");
  }
  const int before = asked();
  EXPECT_EQ(at_hand("missing"), "ENOENT");
  EXPECT_EQ(at_hand("missing/below/it"), "ENOENT");
  EXPECT_EQ(at_hand("missing/below"), "ENOENT");
  EXPECT_EQ(at_hand("page/below"), "ENOTDIR");
  EXPECT_EQ(at_hand("private"), "EACCES");
  EXPECT_EQ(asked(), before);
}

TEST_F(GlusterCacheTest, AWriteElsewhereIsSeenAtOnce) {
  gluster_.file("page", "before");
  EXPECT_EQ(open("page"), "before");
  gluster_.write("page", "after");
  EXPECT_EQ(at_hand("page"), "EAGAIN");
  EXPECT_EQ(open("page"), "after");
  EXPECT_EQ(at_hand("page"), "after");
}

TEST_F(GlusterCacheTest, ARenameOverAFileIsSeenWhenItsFolderIsLookedAt) {
  gluster_.file("a/page", "before");
  gluster_.file("a/next", "after");
  EXPECT_EQ(open("a/page"), "before");
  gluster_.rename("a/next", "a/page");
  wait(milliseconds(999));
  EXPECT_EQ(at_hand("a/page"), "before") << "no event tells of it";
  wait(milliseconds(1));
  EXPECT_EQ(at_hand("a/page"), "EAGAIN");
  EXPECT_EQ(open("a/page"), "after");
}

TEST_F(GlusterCacheTest, FoldersInUseAreLookedAtBeforeTheirTime) {
  gluster_.file("a/page", "before");
  gluster_.file("a/next", "after");
  bricks_tell();
  EXPECT_EQ(open("a/page"), "before");
  wait(milliseconds(500));
  EXPECT_EQ(at_hand("a/page"), "before");
  cache_->verify_folders();
  wait(milliseconds(900));
  EXPECT_EQ(at_hand("a/page"), "before");
  gluster_.rename("a/next", "a/page");
  cache_->verify_folders();
  EXPECT_EQ(at_hand("a/page"), "EAGAIN");
  EXPECT_EQ(open("a/page"), "after");
}

TEST_F(GlusterCacheTest, HoweverManyFoldersAreInUseTheConnectionsAreLookedAtInTime) {
  constexpr int kFolders = 300;
  const auto page = [](int i) { return std::to_string(i) + "/page"; };
  for (int i = 0; i < kFolders; ++i) gluster_.file(page(i), "a page");
  for (int i = 0; i < kFolders; ++i) EXPECT_EQ(open(page(i)), "a page");
  clock_.advance(milliseconds(500));
  gluster_.on_stat = [this] { clock_.advance(milliseconds(5)); };  // 1.5 s for all of them
  const int before = gluster_.stats;
  int rounds = 0;
  for (; gluster_.stats < before + kFolders + 1; ++rounds) {
    ASSERT_LT(rounds, 20) << "some have no turn";
    for (int i = 0; i < kFolders; i += 7) (void)cache_->open_at_hand(page(i));  // in use again
    const Monotonic began = clock_.now();
    cache_->verify_folders();
    EXPECT_LE(clock_.now() - began, milliseconds(200));
  }
  EXPECT_EQ(rounds, 8);
}

// A rename that one brick makes seconds after the one which told the folder's status.
TEST_F(GlusterCacheTest, ANameOnABrickThatIsBehindIsLookedUpAgain) {
  bricks_tell();
  gluster_.file("a/page", "before");
  FakeNode& folder = gluster_.folder("a");
  gluster_.file("a/style", "a style");
  EXPECT_EQ(open("a/page"), "before");
  EXPECT_EQ(open("a/style"), "a style");
  wait(milliseconds(1000));
  ++folder.modified.tv_nsec;
  const int stats = gluster_.stats;
  gluster_.on_stat = [&, nested = false]() mutable {  // two visitors look at the folder at once
    if (gluster_.stats == stats + 2 && !std::exchange(nested, true)) (void)open("a/style");
  };
  EXPECT_EQ(open("a/page"), "before");
  gluster_.on_stat = nullptr;
  for (int i = 0; i < 20; ++i) {
    wait(milliseconds(400));
    cache_->verify_folders();
    EXPECT_EQ(open("a/page"), "before");
  }
  const auto renamed = std::make_shared<FakeNode>();
  renamed->mode = S_IFREG | 0644;
  renamed->content = "after";
  const auto replaced = std::exchange(folder.names["page"], renamed);
  for (int i = 0; i < 60; ++i) {
    wait(milliseconds(400));
    cache_->verify_folders();
    (void)open("a/page");
  }
  EXPECT_EQ(open("a/page"), "after");
}

// The brick that told of the folder had made the rename, another had not.
TEST_F(GlusterCacheTest, NorIsItMissingForEverWhereTheFolderIsNewToUs) {
  bricks_tell();
  gluster_.file("a/page", "here");
  gluster_.folder("a").changed =
      timespec{.tv_sec = WallTime::clock::to_time_t(clock_.wall()), .tv_nsec = 0};
  gluster_.on_lookup = [this](const std::string& name) {
    gluster_.lookup_error = name == "page" ? ENOENT : 0;
  };
  EXPECT_EQ(open("a/page"), "ENOENT");
  gluster_.on_lookup = nullptr;
  gluster_.lookup_error = 0;
  wait(milliseconds(1000));
  EXPECT_EQ(open("a/page"), "here");
}

TEST_F(GlusterCacheTest, FoldersThatNobodyUsesAreLeftInPeace) {
  gluster_.file("a/page", "");
  EXPECT_EQ(open("a/page"), "");
  cache_->verify_folders();
  wait(milliseconds(900));
  const int before = asked();
  cache_->verify_folders();
  EXPECT_EQ(asked(), before);
}

TEST_F(GlusterCacheTest, AFileThatComesInPlaceOfNoneIsSeen) {
  EXPECT_EQ(open("page"), "ENOENT");
  gluster_.file("page", "here");
  EXPECT_EQ(at_hand("page"), "ENOENT");
  gluster_.send_event("");  // a creation is told of the folder
  EXPECT_EQ(at_hand("page"), "EAGAIN");
  EXPECT_EQ(open("page"), "here");
}

TEST_F(GlusterCacheTest, ASwapOfFoldersIsSeenThoughTheFilesAreKept) {
  gluster_.file("live/page", "old");
  gluster_.file("next/page", "new");
  EXPECT_EQ(open("live/page"), "old");
  gluster_.rename("live", "before");
  gluster_.rename("next", "live");
  wait(milliseconds(1000));
  EXPECT_EQ(open("live/page"), "new");
}

TEST_F(GlusterCacheTest, ASwitchOfALinkIsSeen) {
  release_the_first();
  EXPECT_EQ(open("current/page"), "one");
  EXPECT_EQ(at_hand("current/page"), "one");
  gluster_.remove("current");
  gluster_.link("current", "releases/2");
  wait(milliseconds(1000));
  EXPECT_EQ(open("current/page"), "two");
}

TEST_F(GlusterCacheTest, WhatIsBehindASwitchedLinkIsNeverMissing) {
  release_the_first();
  EXPECT_EQ(open("current/page"), "one");
  gluster_.remove("current");
  gluster_.link("current", "releases/2");
  gluster_.remove("releases/1/page");  // at once: this is told, the link is not
  gluster_.send_event("releases/1");
  EXPECT_EQ(open("current/page"), "two");
  EXPECT_EQ(open("current/another"), "ENOENT");
}

// The root is looked at before the look-up, and the link is switched between the two.
TEST_F(GlusterCacheTest, NorIsItWhereTheLinkIsSwitchedMeanwhile) {
  bricks_tell();
  release_the_first();
  EXPECT_EQ(open("current"), "a folder");
  wait(milliseconds(1000));
  gluster_.on_stat = [this] { clock_.advance(std::chrono::microseconds(1)); };
  gluster_.on_lookup = [&, switched = false](const std::string& name) mutable {
    if (name != "page" || std::exchange(switched, true)) return;
    gluster_.remove("current");
    gluster_.link("current", "releases/2");
    gluster_.remove("releases/1/page");
  };
  EXPECT_EQ(open("current/page"), "two");
}

TEST_F(GlusterCacheTest, AFolderOnTheWayOfALinkIsReliedOnToo) {
  gluster_.file("store/1/page", "one");
  gluster_.file("next/page", "two");
  gluster_.link("page", "store/1/page");
  EXPECT_EQ(open("page"), "one");
  gluster_.rename("store/1", "gone");
  gluster_.rename("next", "store/1");
  gluster_.send_event("store");
  EXPECT_EQ(open("page"), "two");
}

TEST_F(GlusterCacheTest, TimeAloneCostsOneLookAtEachFolder) {
  bricks_tell();
  gluster_.file("a/b/page", "a page");
  EXPECT_EQ(open("a/b/page"), "a page");
  wait(milliseconds(1000));
  const int lookups = gluster_.lookups, reads = gluster_.reads, stats = gluster_.stats;
  EXPECT_EQ(at_hand("a/b/page"), "EAGAIN");
  EXPECT_EQ(open("a/b/page"), "a page");
  EXPECT_EQ(gluster_.stats, stats + 3);  // the root, a, b
  EXPECT_EQ(gluster_.lookups, lookups);
  EXPECT_EQ(gluster_.reads, reads);
  EXPECT_EQ(at_hand("a/b/page"), "a page");
}

TEST_F(GlusterCacheTest, AFileIsReadAgainOnlyIfItIsAnother) {
  gluster_.file("a/page", "a page");
  EXPECT_EQ(open("a/page"), "a page");
  const int reads = gluster_.reads;
  gluster_.file("a/other", "");  // another name: those of the folder may be others now
  gluster_.send_event("a");
  EXPECT_EQ(open("a/page"), "a page");
  EXPECT_EQ(gluster_.reads, reads);
}

TEST_F(GlusterCacheTest, UntilABrickHasToldAnythingFilesAreAskedForEachSecond) {
  FakeNode& page = gluster_.file("page", "before");
  EXPECT_EQ(open("page"), "before");
  page.content = "after!", ++page.modified.tv_nsec;  // no event
  wait(milliseconds(1000));
  EXPECT_EQ(open("page"), "after!");
}

TEST_F(GlusterCacheTest, WhenBricksTellFilesAreTrustedForAMinute) {
  FakeNode& page = gluster_.file("page", "before");
  bricks_tell();
  EXPECT_EQ(open("page"), "before");
  page.content = "after!", ++page.modified.tv_nsec;
  wait(milliseconds(59'999));
  EXPECT_EQ(open("page"), "before") << "an event was lost";
  wait(milliseconds(1));
  EXPECT_EQ(open("page"), "after!");
}

TEST_F(GlusterCacheTest, AnEventWhileAFileIsReadIsNotLost) {
  gluster_.file("page", "before");
  int reads = 0;
  gluster_.on_read = [&] {
    if (++reads > 1) return;
    gluster_.on_read = nullptr;
    gluster_.send_event("page");  // the time is changed later
  };
  EXPECT_EQ(open("page"), "before");
  gluster_.file("page", "after!").modified.tv_nsec += 1;
  EXPECT_EQ(open("page"), "before") << "it was fetched anew behind the event, which came once";
  gluster_.send_event("page");
  EXPECT_EQ(open("page"), "after!");
}

TEST_F(GlusterCacheTest, AFileThatChangesWhileItIsReadIsReadAgain) {
  FakeNode& page = gluster_.file("page", "before");
  gluster_.on_read = [&] {
    gluster_.on_read = nullptr;
    page.content = "after!", ++page.modified.tv_nsec;
  };
  EXPECT_EQ(open("page"), "after!");
}

// Seen with 10.3, after a rename over a file that was looked up at that moment.
TEST_F(GlusterCacheTest, WhatALookUpTellsOfTimesIsNotBelieved) {
  for (const char* name : {"page", "large"}) {
    const std::string content = name == std::string("page") ? "a page" : std::string(300'000, 'x');
    FakeNode& node = gluster_.file(name, content);
    node.time_by_name = timespec{.tv_sec = 1'600'000'000, .tv_nsec = 0};
    EXPECT_EQ(open(name), content);
    const auto file = cache_->open_at_hand(name);
    ASSERT_TRUE(file.ok()) << "it is kept";
    EXPECT_EQ((*file)->status().modified.tv_sec, node.modified.tv_sec);
    gluster_.write(name, content + ".");
    EXPECT_EQ(open(name), content + ".");
  }
}

TEST_F(GlusterCacheTest, AFolderThatIsRemovedUnderAKeptNameIsWalkedToAgain) {
  gluster_.file("a/page", "old");
  gluster_.file("a/other", "");
  EXPECT_EQ(open("a/page"), "old");
  gluster_.remove("a");
  gluster_.file("a/other", "new");
  EXPECT_EQ(open("a/other"), "new");
}

TEST_F(GlusterCacheTest, AReaderKeepsTheVersionItOpened) {
  gluster_.file("page", "before");
  const auto file = cache_->open("page").value();
  gluster_.write("page", "after!");
  EXPECT_EQ(open("page"), "after!");
  EXPECT_EQ(file->content(), "before");
  EXPECT_TRUE(file->unchanged().value());
}

TEST_F(GlusterCacheTest, HoweverManyAskItIsFetchedOnce) {
  gluster_.file("page", "a page");
  std::promise<void> released;
  gluster_.on_lookup = [&, wait = released.get_future().share()](const std::string&) {
    wait.wait();
  };
  std::atomic<int> right{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; ++i)
    readers.emplace_back([&] { right += open("page") == "a page" ? 1 : 0; });
  std::this_thread::sleep_for(milliseconds(20));
  released.set_value();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(gluster_.reads, 1);
}

// Times on GlusterFS do not go back: a write by a clock that is behind leaves them as they are.
TEST_F(GlusterCacheTest, AChangeThatWasHeardOfCountsThoughNoTimeTellsOfIt) {
  bricks_tell();
  FakeNode& page = gluster_.file("page", "before");
  EXPECT_EQ(open("page"), "before");
  page.content = "after!";
  gluster_.send_event("page");
  EXPECT_EQ(open("page"), "after!");
}

TEST_F(GlusterCacheTest, NothingLeadsOutOfTheFolderThatIsServed) {
  gluster_.file("secret", "secret");
  gluster_.file("site/page", "a page");
  gluster_.link("site/out", "../secret");
  start({}, "site");
  EXPECT_EQ(open("page"), "a page");
  EXPECT_EQ(open("out"), "EACCES");
  EXPECT_EQ(open("../secret"), "EACCES");
  gluster_.rename("site", "before");
  gluster_.file("site/page", "another");
  wait(milliseconds(1000));
  EXPECT_EQ(open("page"), "another");
}

TEST_F(GlusterCacheTest, OfAFolderThatIsServedNoMoreNothingIsGiven) {
  gluster_.file("site/page", "a page");
  start({}, "site");
  EXPECT_EQ(open("page"), "a page");
  gluster_.rename("site", "elsewhere");
  wait(milliseconds(1000));
  EXPECT_EQ(open("page"), "ENOENT");
  gluster_.rename("elsewhere", "site");
  wait(milliseconds(1000));
  EXPECT_EQ(open("page"), "a page");
}

TEST_F(GlusterCacheTest, AVeryDeepPathIsNoBurden) {
  std::string deep = "x";
  while (deep.size() < 4000) deep += "/x";
  EXPECT_EQ(open(deep), "ENOENT");
  EXPECT_EQ(open(deep + std::string(200, 'x')), "ENAMETOOLONG");
}

}  // namespace
}  // namespace bramble
