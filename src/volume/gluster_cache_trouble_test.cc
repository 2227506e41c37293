// SPDX-License-Identifier: Apache-2.0
// What is given of a volume that fails: whose connections are lost, that cannot be read, that
// hangs, or that changes under the hand.
#include <atomic>
#include <cerrno>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "volume/gluster_cache_fixture.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;

TEST_F(GlusterCacheTest, AfterALossOfAConnectionNothingIsTrusted) {
  bricks_tell();
  FakeNode& page = gluster_.file("page", "before");
  EXPECT_EQ(open("page"), "before");
  page.content = "after!", ++page.modified.tv_nsec;  // while the brick was away
  cache_->links_seen(false);
  EXPECT_EQ(at_hand("page"), "EAGAIN");
  const int lookups = gluster_.lookups;
  EXPECT_EQ(open("page"), "after!");
  EXPECT_GT(gluster_.lookups, lookups) << "only a lookup makes all bricks tell again";
  EXPECT_EQ(at_hand("page"), "after!");
}

TEST_F(GlusterCacheTest, AfterALossOfAConnectionAFileIsOfAnotherEdition) {
  bricks_tell();
  FakeNode& page = gluster_.file("page", "before");
  const auto edition = [this] { return cache_->open("page").value()->status().edition; };
  const std::uint64_t before = edition();
  page.content = "after!";  // by a clock that is behind, while the brick was away
  cache_->links_seen(false);
  const std::uint64_t after = edition();
  EXPECT_NE(after, before);
  EXPECT_EQ(open("page"), "after!");
  wait(milliseconds(1000));
  EXPECT_EQ(edition(), after);
}

TEST_F(GlusterCacheTest, ConnectionsThatCannotBeSeenAreNotTrusted) {
  gluster_.file("page", "a page");
  EXPECT_EQ(open("page"), "a page");
  clock_.advance(milliseconds(1000));
  cache_->verify_folders();
  EXPECT_EQ(at_hand("page"), "EAGAIN");
  EXPECT_EQ(open("page"), "a page");
}

TEST_F(GlusterCacheTest, AFileThatChangesForEverIsNotGiven) {
  FakeNode& page = gluster_.file("page", "x");
  gluster_.on_read = [&] { ++page.modified.tv_nsec; };
  EXPECT_EQ(open("page"), "ESTALE");
}

TEST_F(GlusterCacheTest, WhatIsKeptIsGivenWhileTheVolumeCannotBeRead) {
  gluster_.file("page", "a page");
  EXPECT_EQ(open("page"), "a page");
  gluster_.lookup_error = gluster_.read_error = ENOTCONN;
  cache_->links_seen(false);
  EXPECT_EQ(open("page"), "a page");
  EXPECT_EQ(open("other"), "ENOTCONN");
  EXPECT_EQ(cache_->figures().stale_hits, 1U);
}

// A folder that could not be looked up anew is the ground of what is looked up in it: the next who
// asks has both looked up.
TEST_F(GlusterCacheTest, WhatWasFoundInAFolderThatMayBeOldIsLookedUpAgain) {
  bricks_tell();
  gluster_.file("a/page", "");
  gluster_.file("a/other", "before");
  gluster_.file("next/other", "after!");
  EXPECT_EQ(open("a/page"), "");
  const timespec time = gluster_.root->modified;
  gluster_.rename("a", "old");  // while a brick was away, by a clock that is behind
  gluster_.rename("next", "a");
  gluster_.root->modified = time;
  cache_->links_seen(false);
  gluster_.on_lookup = [this](const std::string& name) {
    gluster_.lookup_error = name == "a" ? EIO : 0;
  };
  EXPECT_EQ(open("a/other"), "before") << "rather old than nothing";
  gluster_.on_lookup = nullptr;
  gluster_.lookup_error = 0;
  EXPECT_EQ(open("a/other"), "after!");
}

// Though the folder cannot be, what the file holds is asked anew.
TEST_F(GlusterCacheTest, AFileInAFolderThatMayBeOldIsReadAnew) {
  bricks_tell();
  FakeNode& page = gluster_.file("a/page", "before");
  EXPECT_EQ(open("a/page"), "before");
  page.content = "after!";  // by a clock that is behind, while a brick was away
  cache_->links_seen(false);
  gluster_.on_lookup = [this](const std::string& name) {
    gluster_.lookup_error = name == "a" ? EIO : 0;
  };
  EXPECT_EQ(open("a/page"), "after!");
}

// Not once for each try of each folder below it.
TEST_F(GlusterCacheTest, AFolderThatCannotBeLookedUpIsAskedForOnceHoweverDeepThePathIs) {
  const std::string path = "a/b/c/d/e/f/page";
  gluster_.file(path, "a page");
  EXPECT_EQ(open(path), "a page");
  cache_->links_seen(false);
  int asked_for = 0;
  gluster_.on_lookup = [&](const std::string& name) {
    asked_for += name == "a";
    gluster_.lookup_error = name == "a" ? EIO : 0;
  };
  EXPECT_EQ(open(path), "a page");
  EXPECT_EQ(asked_for, 1);
  gluster_.on_lookup = nullptr;
  gluster_.lookup_error = EIO;
  EXPECT_EQ(open(path), "a page") << "what was kept still is";
}

// Half a second goes by whenever somebody looks at it.
class FastClock final : public Clock {
 public:
  Monotonic now() const override { return Monotonic(++looks_ * milliseconds(500)); }
  WallTime wall() const override { return {}; }

 private:
  mutable std::atomic<int> looks_{0};
};

TEST_F(GlusterCacheTest, HoweverManyWaitForAVolumeThatFailsLateItIsNotAskedForEach) {
  constexpr int kReaders = 8;
  std::atomic<int> came{0}, asked{0};
  gluster_.lookup_error = ENOTCONN;
  gluster_.on_lookup = [&](const std::string&) {
    ++asked;
    while (came < kReaders) std::this_thread::yield();
    std::this_thread::sleep_for(milliseconds(20));
  };
  const FastClock clock;
  GlusterCache cache(session_, "", {}, clock);
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i)
    readers.emplace_back([&] {
      ++came;
      EXPECT_EQ(cache.open("page").error().code, ENOTCONN);
    });
  for (std::thread& reader : readers) reader.join();
  EXPECT_LT(asked, kReaders) << "two will do: who comes while it is asked waits for the next";
}

TEST_F(GlusterCacheTest, WhatIsKnownToHaveChangedIsNotGivenThoughItCannotBeRead) {
  bricks_tell();
  gluster_.file("page", "before");
  EXPECT_EQ(open("page"), "before");
  gluster_.write("page", "after!");
  gluster_.read_error = EIO;
  EXPECT_EQ(open("page"), "EIO");
  gluster_.read_error = 0;
  EXPECT_EQ(open("page"), "after!");
}

TEST_F(GlusterCacheTest, WhatMayHaveComeIsNotMissingThoughItCannotBeLookedUp) {
  gluster_.file("page", "a page");
  EXPECT_EQ(open("page"), "a page");
  EXPECT_EQ(open("new"), "ENOENT");
  gluster_.lookup_error = EIO;
  wait(milliseconds(1000));
  gluster_.read_error = EIO;
  EXPECT_EQ(open("new"), "ENOENT") << "nothing speaks against it";
  gluster_.file("new", "here");
  gluster_.send_event("");
  EXPECT_EQ(open("new"), "EIO");
  EXPECT_EQ(open("page"), "a page") << "rather old than nothing";
}

// The release before is being removed, which its folder tells of whenever the page is found in it.
TEST_F(GlusterCacheTest, WhatIsBehindASwitchedLinkIsNotMissingHoweverOftenItWasTried) {
  bricks_tell();
  release_the_first();
  EXPECT_EQ(open("current"), "a folder");
  gluster_.remove("current");
  gluster_.link("current", "releases/2");
  gluster_.on_lookup = [&, looks = 0](const std::string& name) mutable {
    if (name != "page" || ++looks > 3) return;
    if (looks == 3) gluster_.remove("releases/1/page");
    gluster_.send_event("releases/1");
  };
  EXPECT_EQ(open("current/page"), "two");
}

// Bricks say ENOENT of a handle whose file was removed, and ESTALE, as it comes.
TEST_F(GlusterCacheTest, AFileThatIsReplacedBetweenLookUpAndReadIsNoFailureOfTheVolume) {
  gluster_.file("page", "before");
  EXPECT_EQ(open("page"), "before");
  gluster_.write("page", "after!");
  gluster_.on_lookup = [&, first = true](const std::string&) mutable {
    gluster_.read_error = std::exchange(first, false) ? ENOENT : 0;
  };
  EXPECT_EQ(open("page"), "after!");
  EXPECT_EQ(cache_->figures().stale_hits, 0U);
}

// Its event came when nobody knew the file here: so the status of the handle decides.
TEST_F(GlusterCacheTest, AFileThatBecomesReadableWhileItIsLookedUpIsGiven) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  bricks_tell();
  FakeNode& page = gluster_.file("page", "a page");
  page.owner = 4711;
  page.mode = S_IFREG | 0600;
  gluster_.on_stat = [&] {
    if (std::exchange(page.mode, S_IFREG | 0644) == (S_IFREG | 0600)) ++page.modified.tv_nsec;
  };
  EXPECT_EQ(open("page"), "a page");
  page.mode = S_IFREG | 0600;
  gluster_.on_stat = nullptr;
  gluster_.send_event("page");
  EXPECT_EQ(open("page"), "EACCES");
}

TEST_F(GlusterCacheTest, WhatIsKeptIsGivenWhileTheVolumeHangs) {
  bricks_tell();
  gluster_.file("page", "a page");
  gluster_.file("changed", "before");
  EXPECT_EQ(open("page"), "a page");
  EXPECT_EQ(open("changed"), "before");
  wait(milliseconds(1000));
  EXPECT_EQ(kept("page"), "EAGAIN") << "it is for the volume to say";

  std::promise<void> asked, released;
  gluster_.on_stat = [&, first = true]() mutable {
    if (!std::exchange(first, false)) return;
    asked.set_value();
    released.get_future().wait();
  };
  std::thread visitor([&] { EXPECT_EQ(open("page"), "a page"); });
  asked.get_future().wait();
  wait(milliseconds(799));
  EXPECT_EQ(kept("page"), "EAGAIN");
  wait(milliseconds(1));
  EXPECT_EQ(kept("page"), "a page");
  EXPECT_EQ(kept("nowhere"), "EAGAIN");
  EXPECT_EQ(kept("changed"), "before");
  cache_->links_seen(false);
  EXPECT_EQ(kept("page"), "a page") << "nor can the loss of a connection be asked about";
  gluster_.send_event("changed");
  EXPECT_EQ(kept("changed"), "EAGAIN") << "rather none than one that is known to be old";
  EXPECT_EQ(cache_->figures().stale_hits, 3U);

  released.set_value();
  visitor.join();
  wait(milliseconds(1000));
  EXPECT_EQ(kept("page"), "EAGAIN") << "it answers again";
}

// gfapi drops what bricks tell of an inode whose handle only other connections have seen.
TEST_F(GlusterCacheTest, AfterAChangeOfConnectionsEachFilesHandleIsUsed) {
  gluster_.file("page", "a page");
  EXPECT_EQ(open("page"), "a page");
  cache_->links_seen(false);
  const int reads = gluster_.reads;
  EXPECT_EQ(open("page"), "a page");
  EXPECT_GT(gluster_.reads, reads);
}

TEST_F(GlusterCacheTest, ARootThatNobodyTellsOfIsNoRoot) {
  gluster_.root->mode = 0;
  EXPECT_EQ(open("page"), "EIO");
  gluster_.root->mode = S_IFDIR | 0755;
  gluster_.file("page", "a page");
  EXPECT_EQ(open("page"), "a page");
}

}  // namespace
}  // namespace bramble
