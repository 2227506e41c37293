// SPDX-License-Identifier: Apache-2.0
// The walk and the files, on a volume in memory. What GlusterFS itself does is tested on a real one
// (test/system).
#include "volume/gluster_volume.hh"

#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

#include "volume/fake_gluster.hh"

namespace bramble {
namespace {

// For tests that change the volume, or count what is asked of it.
constexpr GlusterVolume::Options kUnprobed{.probe_pause = std::chrono::hours(1)};

class GlusterVolumeTest : public testing::Test {
 protected:
  void SetUp() override { start(""); }
  void start(std::string path) {
    volume_ = GlusterVolume::create({.host = "localhost", .volume = "web", .path = path},
                                    gluster_.library(), kUnprobed);
    while (volume_->trouble()) std::this_thread::yield();
  }
  std::string content(std::string_view path) {
    const auto file = volume_->open(path).value();
    std::string bytes(file->status().size, '\0');
    EXPECT_EQ(file->read(0, bytes).value(), bytes.size());
    EXPECT_TRUE(file->unchanged().value());
    return bytes;
  }
  int refusal(std::string_view path) {
    const auto file = volume_->open(path);
    return file.ok() ? 0 : file.error().code;
  }

  FakeGluster gluster_;
  std::unique_ptr<GlusterVolume> volume_;
};

TEST_F(GlusterVolumeTest, GivesFilesAndFolders) {
  gluster_.file("a/b/page.html", "a page");
  EXPECT_EQ(content("a/b/page.html"), "a page");
  EXPECT_EQ(volume_->open("a/b").value()->status().type, FileStatus::Type::kFolder);
  EXPECT_EQ(volume_->open("").value()->status().type, FileStatus::Type::kFolder);
  EXPECT_TRUE(volume_->blocks());
}

TEST_F(GlusterVolumeTest, ListsWhatAFolderHolds) {
  gluster_.file("a/page.html", "a page");
  gluster_.folder("a/sub");
  gluster_.link("a/to", "page.html");
  const FolderListing listing = volume_->list("a", 10).value();
  ASSERT_EQ(listing.entries.size(), 3U);
  EXPECT_EQ(listing.entries[0].name, "page.html");
  EXPECT_EQ(listing.entries[0].size, 6U);
  EXPECT_EQ(listing.entries[0].modified.tv_sec, 1'500'000'000);
  EXPECT_EQ(listing.entries[1].kind, FolderEntry::Kind::kFolder);
  EXPECT_EQ(listing.entries[2].kind, FolderEntry::Kind::kLink);
  EXPECT_FALSE(listing.more);
  EXPECT_TRUE(volume_->list("a", 2).value().more);
  EXPECT_EQ(volume_->list("", 10).value().entries.size(), 1U);
  EXPECT_EQ(volume_->list("none", 10).error().code, ENOENT);
  EXPECT_EQ(volume_->list("a/page.html", 10).error().code, ENOTDIR);
  gluster_.read_error = ENOTCONN;
  EXPECT_EQ(volume_->list("a", 10).error().code, ENOTCONN);
}

TEST_F(GlusterVolumeTest, WhatIsNotThereIsSaidSo) {
  gluster_.file("page", "");
  EXPECT_EQ(refusal("missing"), ENOENT);
  EXPECT_EQ(refusal("missing/page"), ENOENT);
  EXPECT_EQ(refusal("page/below"), ENOTDIR);
  EXPECT_EQ(refusal(std::string(256, 'x')), ENAMETOOLONG);
  EXPECT_EQ(refusal(std::string(5000, 'x')), ENAMETOOLONG);
  EXPECT_EQ(refusal(std::string_view("page\0.png", 9)), ENOENT);
}

TEST_F(GlusterVolumeTest, LinksInsideAreFollowed) {
  gluster_.file("releases/1/page", "one");
  gluster_.file("releases/2/page", "two");
  gluster_.link("current", "releases/1");
  gluster_.link("releases/2/other", "../1/./page");
  gluster_.link("slash", "releases/1/");
  gluster_.link("file_slash", "releases/1/page/");
  EXPECT_EQ(content("current/page"), "one");
  EXPECT_EQ(content("releases/2/other"), "one");
  EXPECT_EQ(content("slash/page"), "one");
  EXPECT_EQ(refusal("file_slash"), ENOTDIR);
  gluster_.remove("current");
  gluster_.link("current", "releases/2");
  EXPECT_EQ(content("current/page"), "two");
}

TEST_F(GlusterVolumeTest, NothingLeadsOutOfTheRoot) {
  gluster_.file("secret", "secret");
  gluster_.file("site/sub/page", "a page");
  gluster_.link("site/out", "../secret");
  gluster_.link("site/sub/up", "..");
  gluster_.link("site/absolute", "/secret");
  gluster_.link("site/empty", "");
  start("site");
  EXPECT_EQ(content("sub/page"), "a page");
  EXPECT_EQ(content("sub/up/sub/page"), "a page");
  EXPECT_EQ(refusal("../secret"), EACCES);
  EXPECT_EQ(refusal("sub/../../secret"), EACCES);
  EXPECT_EQ(refusal("out"), EACCES);
  EXPECT_EQ(refusal("absolute"), EACCES);
  EXPECT_EQ(refusal("/secret"), EACCES);
  EXPECT_EQ(refusal("sub/up/../secret"), EACCES);
  EXPECT_EQ(refusal("empty"), ENOENT);
}

TEST_F(GlusterVolumeTest, TheInnerLifeOfTheVolumeIsHidden) {
  gluster_.file(".meta/version", "10");
  gluster_.file(".glusterfs/00/x", "x");
  gluster_.link("window", ".meta/version");
  EXPECT_EQ(refusal(".meta/version"), ENOENT);
  EXPECT_EQ(refusal(".glusterfs/00/x"), ENOENT);
  EXPECT_EQ(refusal("window"), ENOENT);
}

TEST_F(GlusterVolumeTest, FortyLinksAreFollowedAndNoMore) {
  gluster_.file("end", "end");
  gluster_.link("link40", "end");
  for (int i = 39; i >= 0; --i)
    gluster_.link("link" + std::to_string(i), "link" + std::to_string(i + 1));
  gluster_.link("a", "b");
  gluster_.link("b", "a");
  EXPECT_EQ(content("link1"), "end");
  EXPECT_EQ(refusal("link0"), ELOOP);
  EXPECT_EQ(refusal("a"), ELOOP);
}

TEST_F(GlusterVolumeTest, OnlyFilesAndFoldersAreOpened) {
  gluster_.file("fifo", "").mode = S_IFIFO | 0644;
  gluster_.file("device", "").mode = S_IFBLK | 0644;
  EXPECT_EQ(refusal("fifo"), EACCES);
  EXPECT_EQ(refusal("device"), EACCES);
}

TEST_F(GlusterVolumeTest, AFolderThatWasSwappedIsSeenAtOnce) {
  gluster_.file("folder/page", "old");
  gluster_.file("next/page", "new");
  EXPECT_EQ(content("folder/page"), "old");
  gluster_.rename("folder", "before");
  gluster_.rename("next", "folder");
  EXPECT_EQ(content("folder/page"), "new");
}

TEST_F(GlusterVolumeTest, AFolderThatIsRemovedUnderTheWalkIsWalkedToAgain) {
  gluster_.file("folder/page", "old");
  int swaps = 0;
  gluster_.on_lookup = [&](const std::string& name) {
    if (name != "page" || swaps++ > 0) return;
    gluster_.remove("folder");
    gluster_.file("folder/page", "new");
  };
  EXPECT_EQ(content("folder/page"), "new");
  EXPECT_EQ(swaps, 2);
}

TEST_F(GlusterVolumeTest, ATroubleOfTheVolumeIsNoWordOnTheName) {
  gluster_.file("folder/page", "");
  gluster_.on_lookup = [&](const std::string& name) {
    if (name == "page") gluster_.remove("folder"), gluster_.file("folder/page", "");
  };
  const auto file = volume_->open("folder/page");  // stale again and again
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ESTALE);
  EXPECT_EQ(file.error().side, Side::kBackend);
  EXPECT_TRUE(file.error().retryable);
}

TEST_F(GlusterVolumeTest, AForbiddenFileIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  gluster_.file("private", "").mode = S_IFREG | 0600;
  EXPECT_EQ(refusal("private"), EACCES);
}

TEST_F(GlusterVolumeTest, SmallFilesAreReadWithoutAnOpenAndLargeOnesWithOne) {
  gluster_.file("small", std::string(128 * 1024, 's'));
  gluster_.file("large", std::string(128 * 1024 + 1, 'l'));
  EXPECT_EQ(content("small"), std::string(128 * 1024, 's'));
  EXPECT_EQ(gluster_.opens, 0);
  EXPECT_EQ(content("large"), std::string(128 * 1024 + 1, 'l'));
  EXPECT_EQ(gluster_.opens, 1);
}

TEST_F(GlusterVolumeTest, PiecesAreThoseOfTheFile) {
  gluster_.file("digits", "0123456789");
  const auto file = volume_->open("digits").value();
  std::string piece(4, '\0');
  EXPECT_EQ(file->read(8, piece).value(), 2U);
  EXPECT_EQ(piece.substr(0, 2), "89");
  EXPECT_EQ(file->read(3, piece).value(), 4U);
  EXPECT_EQ(piece, "3456");
  EXPECT_EQ(file->read(10, piece).value(), 0U);
  EXPECT_EQ(file->read(~std::uint64_t{0}, piece).value(), 0U);
}

TEST_F(GlusterVolumeTest, AWriteBetweenOpenAndTheEndIsNoticed) {
  FakeNode& small = gluster_.file("small", "before");
  FakeNode& large = gluster_.file("large", std::string(200'000, 'x'));
  for (FakeNode* node : {&small, &large}) {
    const auto file = volume_->open(node == &small ? "small" : "large").value();
    std::string bytes(file->status().size, '\0');
    gluster_.on_read = [&] { node->modified.tv_nsec += 1; };
    ASSERT_TRUE(file->read(0, bytes).ok());
    EXPECT_FALSE(file->unchanged().value());
  }
}

TEST_F(GlusterVolumeTest, WhatALookUpTellsOfTimesIsNotBelieved) {
  gluster_.file("page", "a page").time_by_name = timespec{.tv_sec = 1'600'000'000, .tv_nsec = 0};
  const auto file = volume_->open("page").value();
  EXPECT_EQ(file->status().modified.tv_sec, 1'500'000'000);
  std::string bytes(6, '\0');
  ASSERT_TRUE(file->read(0, bytes).ok());
  EXPECT_TRUE(file->unchanged().value());
}

TEST_F(GlusterVolumeTest, AFileThatGrewBeforeItWasReadIsNoticed) {
  FakeNode& node = gluster_.file("log", "line");
  const auto file = volume_->open("log").value();
  node.content += "s";  // its time is not yet changed on the brick
  std::string bytes(10, '\0');
  ASSERT_TRUE(file->read(0, bytes).ok());
  EXPECT_FALSE(file->unchanged().value());
}

TEST_F(GlusterVolumeTest, ALargeFileThatWasReplacedIsReadToItsEnd) {
  gluster_.file("large", std::string(200'000, 'x'));
  const auto file = volume_->open("large").value();
  std::string piece(100'000, '\0');
  ASSERT_EQ(file->read(0, piece).value(), piece.size());
  gluster_.remove("large");
  EXPECT_EQ(file->read(100'000, piece).value(), piece.size());
  EXPECT_TRUE(file->unchanged().value());
}

TEST_F(GlusterVolumeTest, ASmallFileThatWasReplacedIsNotTrusted) {
  gluster_.file("small", "old");
  const auto file = volume_->open("small").value();
  std::string bytes(3, '\0');
  ASSERT_TRUE(file->read(0, bytes).ok());
  gluster_.remove("small");
  EXPECT_FALSE(file->unchanged().value());
}

TEST_F(GlusterVolumeTest, AFileThatIsReplacedBeforeItIsReadIsToldSo) {
  gluster_.file("small", "old");
  gluster_.file("large", std::string(200'000, 'o'));
  for (const char* name : {"small", "large"}) {
    const auto file = volume_->open(name).value();
    gluster_.file("next", "new");
    gluster_.rename("next", name);
    std::string bytes(3, '\0');
    const auto read = file->read(0, bytes);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, ESTALE);
    EXPECT_EQ(content(name), "new");
  }
}

TEST_F(GlusterVolumeTest, ARootThatIsNoFolderIsToldSo) {
  gluster_.file("page", "");
  start("page");
  EXPECT_EQ(refusal(""), ENOTDIR);
}

TEST_F(GlusterVolumeTest, NothingIsHeldWhenAllIsDone) {
  gluster_.file("a/b/small", "x");
  gluster_.file("a/large", std::string(200'000, 'x'));
  gluster_.link("a/link", "b/small");
  EXPECT_EQ(content("a/link"), "x");
  EXPECT_EQ(content("a/large").size(), 200'000U);
  EXPECT_EQ(refusal("a/b/missing"), ENOENT);
  EXPECT_EQ(gluster_.handles, 1);  // the root
  volume_.reset();
  EXPECT_EQ(gluster_.handles, 0);
  EXPECT_EQ(gluster_.sessions, 1);  // ends with the process
}

}  // namespace
}  // namespace bramble
