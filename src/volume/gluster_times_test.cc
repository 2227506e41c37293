// SPDX-License-Identifier: Apache-2.0
#include "volume/gluster_times.hh"

#include <gtest/gtest.h>

#include <cerrno>
#include <utility>

#include "volume/fake_gluster.hh"
#include "volume/fake_volfile.hh"

namespace bramble {
namespace {

using Found = GlusterTimes::Found;
using std::chrono::seconds;

constexpr std::time_t kNow = 1'700'000'100;
constexpr WallTime kLongAgo = WallTime(seconds(kNow - 86'400));

class GlusterTimesTest : public testing::Test {
 protected:
  void SetUp() override { gluster_.volfile = kFakeVolfile; }

  // A file that was written at kNow, in the middle of a heal of the third brick.
  FakeNode& written_while_healed() {
    FakeNode& file = gluster_.file("film.bin", "a film");
    file.modified = {.tv_sec = kNow, .tv_nsec = 999'999'999};
    file.on_brick[2] = FakeCopy{.content = file.content,
                                .modified = {.tv_sec = kNow - 7, .tv_nsec = 5},
                                .changed = file.modified};
    return file;
  }
  Result<Found> mend(WallTime since = kLongAgo) {
    TRY(times_.connect());
    return times_.mend(gluster_.gfid("film.bin"), since);
  }

  FakeGluster gluster_;
  GlusterTimes times_{
      {.host = "localhost", .volume = "web"}, "127.0.0.1", "/srv/brick/web", &gluster_.library()};
};

TEST_F(GlusterTimesTest, ABrickWithAnOlderTimeMakesALaterOneForAll) {
  const FakeNode& file = written_while_healed();
  EXPECT_EQ(mend().value(), Found::kMended);
  const timespec later{.tv_sec = kNow + 1, .tv_nsec = 999'999};
  EXPECT_TRUE(same(file.modified, later)) << file.modified.tv_sec << " " << file.modified.tv_nsec;
  EXPECT_TRUE(same(file.on_brick[2]->modified, later));
  EXPECT_EQ(mend().value(), Found::kAlike);
  EXPECT_EQ(gluster_.handles, 4) << "the roots";
}

// Two may mend the same file, and another write in between.
TEST_F(GlusterTimesTest, NoTwoMachinesMakeTheSameTime) {
  const FakeNode& file = written_while_healed();
  GlusterTimes third({.host = "localhost", .volume = "web"}, "192.0.2.3", "/srv/brick/web",
                     &gluster_.library());
  ASSERT_TRUE(third.connect().ok());
  EXPECT_EQ(third.mend(gluster_.gfid("film.bin"), kLongAgo).value(), Found::kMended);
  EXPECT_TRUE(same(file.modified, {.tv_sec = kNow + 1, .tv_nsec = 2'999'999}));
}

TEST_F(GlusterTimesTest, WhatIsWrittenAfterTheyWereComparedIsNotGivenAnEarlierTime) {
  FakeNode& file = written_while_healed();
  ASSERT_TRUE(times_.connect().ok());
  gluster_.on_look_up_of_volume = [&] { ++file.modified.tv_sec; };
  EXPECT_EQ(times_.mend(gluster_.gfid("film.bin"), kLongAgo).value(), Found::kChanging);
  EXPECT_EQ(file.modified.tv_sec, kNow + 1);
}

TEST_F(GlusterTimesTest, WhatIsAlikeIsLeftAlone) {
  const timespec before = gluster_.file("film.bin", "a film").modified;
  EXPECT_EQ(mend(WallTime()).value(), Found::kAlike);
  EXPECT_TRUE(same(gluster_.file("film.bin", "a film").modified, before));
}

TEST_F(GlusterTimesTest, WhatIsJustWrittenIsNotJudged) {
  FakeNode& file = written_while_healed();
  file.on_brick[2]->changed.reset();
  EXPECT_EQ(mend().value(), Found::kChanging);
  file.on_brick[2]->changed = file.modified;
  file.on_brick[2]->content = "a fil";
  EXPECT_EQ(mend().value(), Found::kChanging);
  EXPECT_TRUE(same(file.on_brick[2]->modified, {.tv_sec = kNow - 7, .tv_nsec = 5}));
}

TEST_F(GlusterTimesTest, WhatHasNotChangedSinceIsNotCompared) {
  const FakeNode& file = written_while_healed();
  EXPECT_EQ(mend(WallTime(seconds(kNow + 1))).value(), Found::kAlike);
  EXPECT_EQ(file.modified.tv_sec, kNow);
}

TEST_F(GlusterTimesTest, NeitherIsAFolderOrAFileThatIsGone) {
  FakeNode& file = written_while_healed();
  file.mode = S_IFDIR | 0755;
  EXPECT_EQ(mend().value(), Found::kAlike);
  EXPECT_EQ(file.modified.tv_sec, kNow);
  const Gfid id = gluster_.gfid("film.bin");
  gluster_.remove("film.bin");
  EXPECT_EQ(times_.mend(id, kLongAgo).value(), Found::kAlike);

  written_while_healed();
  gluster_.write_error = ESTALE;
  EXPECT_EQ(mend().value(), Found::kAlike) << "removed just before it is set";
}

TEST_F(GlusterTimesTest, TroublesAreToldAndMayPass) {
  const FakeNode& file = written_while_healed();
  gluster_.refused_inits = 1;
  EXPECT_EQ(mend().error().what,
            "volume web at localhost: glfs_init: Transport endpoint is not connected");
  gluster_.write_error = EROFS;
  EXPECT_EQ(mend().error().what, "set a file's time: Read-only file system");
  gluster_.write_error = 0;
  EXPECT_EQ(mend().value(), Found::kMended);
  EXPECT_EQ(file.modified.tv_sec, kNow + 1);
}

TEST_F(GlusterTimesTest, OfManyBricksTheCopiesCount) {
  gluster_.volfile += R"(
volume web-client-3
    type protocol/client
    option remote-subvolume /srv/brick/web
    option remote-host 192.0.2.4
end-volume

volume web-replicate-1
    type cluster/replicate
    subvolumes web-client-3
end-volume
)";
  written_while_healed();
  EXPECT_EQ(mend().value(), Found::kMended);
  EXPECT_EQ(gluster_.sessions, 4) << "the volume, and three copies";
}

TEST_F(GlusterTimesTest, OneThatIsBeingChangedIsAskedAgainLater) {
  written_while_healed();
  const std::string volfile = std::exchange(gluster_.volfile, "");
  EXPECT_EQ(mend().error().code, ENOTCONN);
  gluster_.volfile = volfile;
  EXPECT_EQ(mend().value(), Found::kMended);
}

TEST_F(GlusterTimesTest, AVolumeWithoutThatBrickIsRefused) {
  written_while_healed();
  gluster_.volfile.replace(gluster_.volfile.find("127.0.0.1"), 9, "192.0.2.1");
  EXPECT_EQ(mend().error().what, "the volume has no copy at 127.0.0.1:/srv/brick/web");
}

}  // namespace
}  // namespace bramble
