// SPDX-License-Identifier: Apache-2.0
#include "volume/folder_volume.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "base/file.hh"
#include "base/unique_fd.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;

// A folder "root" with a secret beside it.
class FolderVolumeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "bramble_folder_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    outside_ = pattern;
    root_ = outside_ + "/root";
    fs::create_directories(root_ + "/sub/deep");
    ASSERT_TRUE(write_file(outside_ + "/secret", "secret").ok());
    ASSERT_TRUE(write_file(root_ + "/page.html", "a page").ok());
    ASSERT_TRUE(write_file(root_ + "/sub/inner", "inner").ok());
    volume_ = std::move(FolderVolume::create(root_).value());
  }
  void TearDown() override { fs::remove_all(outside_); }

  std::string content(std::string_view path) {
    const auto file = volume_->open(path).value();
    std::string bytes(file->status().size, '\0');
    EXPECT_EQ(file->read(0, bytes).value(), bytes.size());
    return bytes;
  }
  int refusal(std::string_view path) {
    const auto file = volume_->open(path);
    return file.ok() ? 0 : file.error().code;
  }
  void link(const std::string& target, const std::string& name) {
    fs::create_symlink(target, root_ + "/" + name);
  }

  std::string outside_;
  std::string root_;
  std::unique_ptr<FolderVolume> volume_;
};

TEST_F(FolderVolumeTest, GivesAFileWithItsSizeAndTime) {
  const auto file = volume_->open("page.html").value();
  EXPECT_EQ(file->status().type, FileStatus::Type::kFile);
  EXPECT_EQ(file->status().size, 6U);
  struct stat status {};
  ASSERT_EQ(::stat((root_ + "/page.html").c_str(), &status), 0);
  EXPECT_EQ(file->status().modified.tv_sec, status.st_mtim.tv_sec);
  EXPECT_EQ(file->status().modified.tv_nsec, status.st_mtim.tv_nsec);
  EXPECT_GE(file->descriptor(), 0);
}

TEST_F(FolderVolumeTest, ReadsAnyPiece) {
  const auto file = volume_->open("page.html").value();
  std::string piece(4, '\0');
  EXPECT_EQ(file->read(2, piece).value(), 4U);
  EXPECT_EQ(piece, "page");
  EXPECT_EQ(file->read(4, piece).value(), 2U);
  EXPECT_EQ(file->read(6, piece).value(), 0U);
  EXPECT_EQ(file->read(~std::uint64_t{0}, piece).value(), 0U);
}

TEST_F(FolderVolumeTest, FoldersAreFolders) {
  EXPECT_EQ(volume_->open("sub").value()->status().type, FileStatus::Type::kFolder);
  EXPECT_EQ(volume_->open("").value()->status().type, FileStatus::Type::kFolder);
}

TEST_F(FolderVolumeTest, WhatIsNotThereIsSaidSo) {
  EXPECT_EQ(refusal("missing"), ENOENT);
  EXPECT_EQ(refusal("page.html/below"), ENOTDIR);
  EXPECT_EQ(refusal(std::string(300, 'x')), ENAMETOOLONG);
  EXPECT_EQ(refusal(std::string_view("page.html\0.png", 14)), ENOENT);
}

TEST_F(FolderVolumeTest, LinksInsideAreFollowed) {
  link("page.html", "relative");
  link("../sub/deep/../inner", "sub/winding");
  link("sub", "folder");
  EXPECT_EQ(content("relative"), "a page");
  EXPECT_EQ(content("sub/winding"), "inner");
  EXPECT_EQ(content("folder/inner"), "inner");
}

TEST_F(FolderVolumeTest, NothingLeadsOutOfTheRoot) {
  link("../secret", "out");
  link(outside_ + "/secret", "absolute");
  link(root_ + "/page.html", "absolute_inside");
  link("..", "sub/up");  // to the root: inside
  link("sub/up/..", "above");
  EXPECT_EQ(refusal("../secret"), EACCES);
  EXPECT_EQ(refusal("sub/../../secret"), EACCES);
  EXPECT_EQ(refusal(outside_ + "/secret"), EACCES);
  EXPECT_EQ(refusal("out"), EACCES);
  EXPECT_EQ(refusal("absolute"), EACCES);
  EXPECT_EQ(refusal("absolute_inside"), EACCES);
  EXPECT_EQ(content("sub/up/page.html"), "a page");
  EXPECT_EQ(refusal("above"), EACCES);
  EXPECT_EQ(refusal("above/secret"), EACCES);
}

TEST_F(FolderVolumeTest, ACircleOfLinksEnds) {
  link("b", "a");
  link("a", "b");
  EXPECT_EQ(refusal("a"), ELOOP);
}

TEST_F(FolderVolumeTest, OnlyFilesAndFoldersAreOpenedAndNothingHangs) {
  ASSERT_EQ(::mkfifo((root_ + "/fifo").c_str(), 0644), 0);
  EXPECT_EQ(refusal("fifo"), EACCES);

  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  ASSERT_LT(root_.size() + 5, sizeof address.sun_path);
  (root_ + "/sock").copy(address.sun_path, sizeof address.sun_path);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(refusal("sock"), EACCES);
  ::close(listener);
}

TEST_F(FolderVolumeTest, AForbiddenFileIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  ASSERT_EQ(::chmod((root_ + "/page.html").c_str(), 0), 0);
  EXPECT_EQ(refusal("page.html"), EACCES);
}

TEST_F(FolderVolumeTest, AWriteIsNoticed) {
  const auto file = volume_->open("page.html").value();
  EXPECT_TRUE(file->unchanged().value());
  UniqueFd writer(::open((root_ + "/page.html").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::write(writer.get(), "A", 1), 1);  // the size stays
  EXPECT_FALSE(file->unchanged().value());
}

TEST_F(FolderVolumeTest, AWriteWhoseTimeIsSetBackIsNoticed) {
  const auto file = volume_->open("page.html").value();
  UniqueFd writer(::open((root_ + "/page.html").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::write(writer.get(), "A", 1), 1);
  const timespec before = file->status().modified;
  const std::array<timespec, 2> times = {before, before};
  ASSERT_EQ(::futimens(writer.get(), times.data()), 0);
  EXPECT_FALSE(file->unchanged().value());
  EXPECT_EQ(volume_->open("page.html").value()->status().version, file->status().version);
}

TEST_F(FolderVolumeTest, AFileThatWasReplacedIsServedToItsEnd) {
  const auto file = volume_->open("page.html").value();
  ASSERT_TRUE(write_file(root_ + "/page.html", "newer!").ok());
  EXPECT_TRUE(file->unchanged().value());
  std::string piece(6, '\0');
  EXPECT_EQ(file->read(0, piece).value(), 6U);
  EXPECT_EQ(piece, "a page");
  EXPECT_EQ(content("page.html"), "newer!");
}

// As Samba takes one for who writes. EAGAIN would say that it may be asked for elsewhere.
TEST_F(FolderVolumeTest, AFileThatSomebodyHasALeaseOnCannotBeReadNow) {
  const UniqueFd held(::open((root_ + "/page.html").c_str(), O_RDWR | O_CLOEXEC));
  ::signal(SIGIO, SIG_IGN);  // tells the holder
  ASSERT_EQ(::fcntl(held.get(), F_SETLEASE, F_WRLCK), 0);
  EXPECT_EQ(volume_->open("page.html").error().code, EBUSY);
  ASSERT_EQ(::fcntl(held.get(), F_SETLEASE, F_UNLCK), 0);
  EXPECT_TRUE(volume_->open("page.html").ok());
}

TEST_F(FolderVolumeTest, NoTwoContentsShareAVersion) {
  FileVersion last;
  for (int i = 0; i < 20; ++i) {  // many in one tick of the kernel's clock, all of one size
    ASSERT_TRUE(write_file(root_ + "/page.html", std::to_string(100 + i)).ok());
    const FileVersion version = volume_->open("page.html").value()->status().version;
    EXPECT_NE(version, last);
    last = version;
  }
}

TEST_F(FolderVolumeTest, CopiesThatKeepTheTimeShareTheVersion) {
  ASSERT_TRUE(write_file(root_ + "/copy", "a page").ok());
  fs::last_write_time(root_ + "/copy", fs::last_write_time(root_ + "/page.html"));
  EXPECT_EQ(volume_->open("copy").value()->status().version,
            volume_->open("page.html").value()->status().version);
}

TEST(FolderVolume, AMissingFolderIsNamed) {
  EXPECT_EQ(FolderVolume::create("/nowhere").error().what,
            "open the folder /nowhere: No such file or directory");
}

TEST_F(FolderVolumeTest, ListsWhatAFolderHolds) {
  link("page.html", "to");
  ASSERT_EQ(::mkfifo((root_ + "/pipe").c_str(), 0644), 0);
  FolderListing listing = volume_->list("", 10).value();
  std::sort(listing.entries.begin(), listing.entries.end(),
            [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  ASSERT_EQ(listing.entries.size(), 3U) << "no pipe";
  EXPECT_EQ(listing.entries[0].name, "page.html");
  EXPECT_EQ(listing.entries[0].size, 6U);
  EXPECT_EQ(listing.entries[1].kind, FolderEntry::Kind::kFolder);
  EXPECT_EQ(listing.entries[2].kind, FolderEntry::Kind::kLink);
  EXPECT_TRUE(volume_->list("", 2).value().more);
  EXPECT_EQ(volume_->list("sub/deep", 2).value().entries.size(), 0U);
}

TEST_F(FolderVolumeTest, ListsNothingOutsideAndNoFile) {
  link("..", "up");
  EXPECT_EQ(volume_->list("up", 10).error().code, EACCES);
  EXPECT_EQ(volume_->list("none", 10).error().code, ENOENT);
  EXPECT_EQ(volume_->list("page.html", 10).error().code, ENOTDIR);
}

}  // namespace
}  // namespace bramble
