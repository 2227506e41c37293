// SPDX-License-Identifier: Apache-2.0
#include "volume/folder_cache.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

#include "base/file.hh"
#include "volume/file_system.hh"
#include "volume/folder_volume.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::seconds;

class FolderCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(outside_.data()), nullptr);
    if (!dated_by_the_kernel(UniqueFd(::open(outside_.c_str(), O_PATH | O_CLOEXEC))))
      GTEST_SKIP() << "/var/tmp is on no file system whose changes are dated";
    root_ = outside_ + "/root";
    fs::create_directories(root_ + "/a");
    put("a/page", "a page");
    serve({.memory_bytes = 1024 * 1024, .unchanged_for = seconds(0)});
  }
  void TearDown() override { fs::remove_all(outside_); }

  void serve(const FolderCache::Options& options) {
    volume_ = std::move(FolderVolume::create(root_, options).value());
  }
  void put(const std::string& path, std::string_view content) {
    ASSERT_TRUE(write_file(root_ + '/' + path, content).ok());
  }
  // In place, and looks as if nothing had been written but for the time of change.
  void overwrite(const std::string& path, std::string_view content) {
    const UniqueFd file(::open((root_ + '/' + path).c_str(), O_WRONLY | O_CLOEXEC));
    struct stat before = {};
    ASSERT_EQ(::fstat(file.get(), &before), 0);
    ASSERT_EQ(::pwrite(file.get(), content.data(), content.size(), 0),
              static_cast<ssize_t>(content.size()));
    const std::array times = {before.st_atim, before.st_mtim};
    ASSERT_EQ(::futimens(file.get(), times.data()), 0);
  }
  bool kept(std::string_view path) {
    const auto file = volume_->open(path).value();
    return file->descriptor() < 0 && file->headed() != nullptr;
  }
  // Or the error's name.
  std::string content(std::string_view path) {
    const auto file = volume_->open(path);
    if (!file.ok()) return ::strerrorname_np(file.error().code);
    std::string bytes((*file)->status().size, '\0');
    EXPECT_EQ((*file)->read(0, bytes).value(), bytes.size());
    return bytes;
  }
  CacheFigures figures() { return volume_->cache_figures().value(); }

  std::string outside_ = "/var/tmp/bramble_folder_XXXXXX";
  std::string root_;
  std::unique_ptr<FolderVolume> volume_;
};

TEST_F(FolderCacheTest, KeepsWhatWasAskedFor) {
  EXPECT_EQ(content("a/page"), "a page");
  EXPECT_EQ(figures().misses, 1U);
  EXPECT_EQ(content("a/page"), "a page");
  EXPECT_EQ(figures().hits, 1U);
  EXPECT_EQ(figures().names, 1U);
  EXPECT_GT(figures().memory_bytes, 6U);
  const auto file = volume_->open("a/page").value();
  struct stat status = {};
  ASSERT_EQ(::stat((root_ + "/a/page").c_str(), &status), 0);
  EXPECT_EQ(file->status().version, file_status(status).version);
  EXPECT_EQ(file->content(), "a page");
}

TEST_F(FolderCacheTest, SeesEachChange) {
  put("old", "before");
  ASSERT_TRUE(kept("old"));
  overwrite("old", "behind");
  EXPECT_EQ(content("old"), "behind") << "written in place, its time set back";
  ASSERT_TRUE(kept("old"));

  put("new", "better");
  fs::last_write_time(root_ + "/new", fs::last_write_time(root_ + "/old"));
  fs::rename(root_ + "/new", root_ + "/old");
  EXPECT_EQ(content("old"), "better") << "replaced by one of the same size and time";
  ASSERT_TRUE(kept("old"));

  const std::uint64_t misses = figures().misses;
  fs::permissions(root_ + "/old", fs::perms::owner_read);
  EXPECT_EQ(content("old"), "better");
  EXPECT_EQ(figures().misses, misses + 1) << "who may read it has changed: it is opened anew";

  fs::remove(root_ + "/old");
  EXPECT_EQ(content("old"), "ENOENT");
}

TEST_F(FolderCacheTest, SeesFoldersAndLinksThatLeadElsewhere) {
  fs::create_directories(root_ + "/b");
  put("b/page", "b page");
  fs::create_symlink("a", root_ + "/now");
  ASSERT_TRUE(kept("now/page"));
  fs::create_symlink("b", root_ + "/next");
  fs::rename(root_ + "/next", root_ + "/now");
  EXPECT_EQ(content("now/page"), "b page");

  ASSERT_TRUE(kept("a/page"));
  fs::rename(root_ + "/a", root_ + "/was");
  fs::rename(root_ + "/b", root_ + "/a");
  EXPECT_EQ(content("a/page"), "b page");
  EXPECT_EQ(content("now/page"), "ENOENT");
}

// As two are that one archive brought.
TEST_F(FolderCacheTest, TellsTwoFilesOfOneSizeAndTimeApart) {
  struct stat one = {};
  struct stat other = {};
  for (int tries = 0; tries == 0 || !(Stamp(one) == Stamp(other)); ++tries) {
    ASSERT_LT(tries, 100);
    put("one", "one___");
    put("other", "other_");
    for (const char* name : {"/one", "/other"}) {
      const std::array times = {timespec{1, 0}, timespec{1, 0}};
      ASSERT_EQ(::utimensat(AT_FDCWD, (root_ + name).c_str(), times.data(), 0), 0);
    }
    ASSERT_EQ(::stat((root_ + "/one").c_str(), &one), 0);
    ASSERT_EQ(::stat((root_ + "/other").c_str(), &other), 0);
  }
  fs::create_symlink("one", root_ + "/link");
  ASSERT_TRUE(kept("link"));
  fs::remove(root_ + "/link");
  fs::create_symlink("other", root_ + "/link");
  EXPECT_EQ(content("link"), "other_");
}

TEST_F(FolderCacheTest, NothingLeadsOutOfTheRoot) {
  ASSERT_TRUE(write_file(outside_ + "/secret", "secret").ok());
  put("page", "a page");
  ASSERT_TRUE(kept("page"));
  fs::remove(root_ + "/page");
  fs::create_symlink("../secret", root_ + "/page");
  EXPECT_EQ(content("page"), "EACCES");
  EXPECT_EQ(content("../secret"), "EACCES");

  ASSERT_TRUE(kept("a/page"));
  fs::rename(root_ + "/a", outside_ + "/a");
  fs::create_symlink("../a", root_ + "/a");
  EXPECT_EQ(content("a/page"), "EACCES") << "its folder was moved out, and nothing dates the file";
}

TEST_F(FolderCacheTest, KeepsNothingThatHasJustChanged) {
  serve({.memory_bytes = 1024 * 1024, .unchanged_for = hours(1)});
  EXPECT_FALSE(kept("a/page")) << "who wrote it may have it mapped";
  EXPECT_EQ(figures().names, 0U);
}

TEST_F(FolderCacheTest, KeepsOnlyWhatIsSmall) {
  put("large", std::string(32 * 1024 + 1, 'x'));
  put("small", std::string(32 * 1024, 'x'));
  put("empty", "");
  EXPECT_FALSE(kept("large"));
  EXPECT_FALSE(kept("empty"));
  EXPECT_TRUE(kept("small"));
  EXPECT_EQ(volume_->open("a").value()->status().type, FileStatus::Type::kFolder);
}

TEST_F(FolderCacheTest, TakesNoMoreMemoryThanItMay) {
  for (int i = 0; i < 100; ++i) {
    put(std::to_string(i), std::string(20'000, 'x'));
    EXPECT_TRUE(kept(std::to_string(i)));
  }
  EXPECT_LE(figures().memory_bytes, 1024U * 1024);
  EXPECT_GT(figures().names, 20U);
  EXPECT_GT(figures().memory_bytes, 20'000 * figures().names);
}

TEST_F(FolderCacheTest, MayBeOff) {
  serve({});
  EXPECT_FALSE(kept("a/page"));
  EXPECT_FALSE(volume_->cache_figures());
}

// Whatever is done to a few names, in any order, each look gives what is there.
TEST_F(FolderCacheTest, IsAsTheFolderIs) {
  const std::array<std::string, 4> names = {"a/page", "a/other", "b/page", "link"};
  fs::create_directories(root_ + "/b");
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::mt19937 random(seed);
    const auto any = [&](std::size_t of) { return random() % of; };
    for (int step = 0; step < 60; ++step) {
      const std::string name = root_ + '/' + names[any(names.size())];
      const std::string text = "step " + std::to_string(100 + step);
      std::error_code ignored;
      switch (any(6)) {
        case 0:
          if (fs::is_regular_file(name)) overwrite(name.substr(root_.size() + 1), text);
          break;
        case 1:
          ASSERT_TRUE(write_file(root_ + "/next", text).ok());
          fs::rename(root_ + "/next", name, ignored);
          break;
        case 2:
          fs::remove(name, ignored);
          break;
        case 3:
          fs::rename(root_ + "/a", root_ + "/c");
          fs::rename(root_ + "/b", root_ + "/a");
          fs::rename(root_ + "/c", root_ + "/b");
          break;
        case 4:
          fs::remove(root_ + "/link");
          fs::create_symlink(names[any(3)], root_ + "/link");
          break;
        default:
          fs::rename(name, root_ + '/' + names[any(names.size())], ignored);
      }
      for (const std::string& each : names) {
        const Result<std::string> there = read_file(root_ + '/' + each);
        EXPECT_EQ(content(each), there.ok() ? *there : ::strerrorname_np(there.error().code))
            << each << ", seed " << seed << ", step " << step;
      }
    }
  }
  EXPECT_GT(figures().hits, 100U);
}

}  // namespace
}  // namespace bramble
