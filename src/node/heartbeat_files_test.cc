// SPDX-License-Identifier: Apache-2.0
#include "node/heartbeat_files.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/file.hh"

namespace bramble {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

// A brick, and which names the volume has.
class HeartbeatFilesTest : public ::testing::Test {
 protected:
  HeartbeatFilesTest() { fs::create_directories(brick_ + "/.bramble"); }
  ~HeartbeatFilesTest() override { fs::remove_all(brick_); }

  void lies_here(const std::string& name) {
    EXPECT_TRUE(write_file(brick_ + "/.bramble/" + name, "bramble heartbeat").ok());
    there_.insert(name);
  }
  void is_linked_here(const std::string& name) {
    EXPECT_TRUE(write_file(brick_ + "/.bramble/" + name, "").ok());
    EXPECT_EQ(::chmod((brick_ + "/.bramble/" + name).c_str(), S_ISVTX), 0);
    there_.insert(name);
  }
  std::optional<std::string> name(OwnHeartbeat& own) const {
    return own.name([this](const std::string& one) -> Result<bool> { return there_.contains(one); })
        .value();
  }

  std::string brick_ = "/tmp/bramble_heartbeat_files_test_" + std::to_string(::getpid());
  std::set<std::string> there_;
  OwnHeartbeat own_{brick_, 2};
};

TEST_F(HeartbeatFilesTest, OneSetHasTheFirstWhereverItsBrickIs) {
  OwnHeartbeat own("/nowhere", 1);
  EXPECT_EQ(name(own), "heartbeat");
}

TEST_F(HeartbeatFilesTest, NamesAreTriedUntilOneLiesHere) {
  EXPECT_EQ(name(own_), "heartbeat");
  there_.insert("heartbeat");
  EXPECT_EQ(name(own_), "heartbeat-2");
  is_linked_here("heartbeat-2");
  EXPECT_EQ(name(own_), "heartbeat-3");
  lies_here("heartbeat-3");
  EXPECT_EQ(name(own_), "heartbeat-3");
}

TEST_F(HeartbeatFilesTest, OfSeveralThatLieHereTheFirstIsTaken) {
  lies_here("heartbeat-4");
  lies_here("heartbeat-2");
  lies_here("georep-probe");
  EXPECT_THAT(heartbeats_in(brick_), ElementsAre("heartbeat-2", "heartbeat-4"));
  EXPECT_EQ(name(own_), "heartbeat-2");
}

TEST_F(HeartbeatFilesTest, AFolderIsNone) {
  fs::create_directory(brick_ + "/.bramble/heartbeat");
  lies_here("heartbeat-2");
  EXPECT_EQ(name(own_), "heartbeat-2");
}

TEST_F(HeartbeatFilesTest, OneThatIsYetToBeFilledLiesHere) {
  lies_here("heartbeat");
  EXPECT_TRUE(write_file(brick_ + "/.bramble/heartbeat", "").ok());
  EXPECT_EQ(name(own_), "heartbeat");
}

TEST_F(HeartbeatFilesTest, NothingIsTriedOnABrickThatWasMadeAnew) {
  fs::remove(brick_ + "/.bramble");
  EXPECT_EQ(name(own_), "heartbeat") << "of a volume that was made anew, too";
  there_.insert("heartbeat");
  EXPECT_EQ(name(own_), std::nullopt);
}

TEST_F(HeartbeatFilesTest, NamesThatAllLieElsewhereAreNotTriedForEver) {
  std::size_t tried = 0;
  while (const auto next = name(own_)) {
    ASSERT_TRUE(there_.insert(*next).second);
    ++tried;
  }
  EXPECT_EQ(tried, 32U);
}

TEST_F(HeartbeatFilesTest, AVolumeThatDoesNotAnswerIsAnError) {
  const auto silent = [](const std::string&) -> Result<bool> { return failure("silent"); };
  EXPECT_EQ(own_.name(silent).error().what, "silent");
}

TEST(BeatSets, AreOfThreeFromSixNodesOn) {
  const BeatSets six({"a", "b", "c", "d", "e", "f"});
  EXPECT_EQ(six.count(), 2U);
  EXPECT_EQ(six.seat_of("c")->set, 0U);
  EXPECT_EQ(six.seat_of("e")->set, 1U);
  EXPECT_EQ(six.seat_of("e")->place, 1U);
  EXPECT_FALSE(six.seat_of("away"));
  const BeatSets five({"a", "b", "c", "d", "e"});
  EXPECT_EQ(five.count(), 1U);
  EXPECT_EQ(five.seat_of("e")->place, 4U);
  EXPECT_EQ(BeatSets({}).count(), 1U);
}

Heartbeat beat(int second, const std::string& writer) {
  return {.time = WallTime(std::chrono::seconds(second)), .writer = writer};
}

TEST(BeatSets, HaveTheNewestOfTheirNodes) {
  const BeatSets six({"a", "b", "c", "d", "e", "f"});
  const auto newest = six.newest({beat(9, "former"), beat(1, "d"), beat(7, "e"), beat(3, "f")});
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_FALSE(newest[0]);
  EXPECT_EQ(newest[1]->writer, "e");
}

TEST(BeatSets, OneIsWrittenForByAnybody) {
  EXPECT_EQ(BeatSets({"a", "b", "c"}).newest({beat(9, "former")})[0]->writer, "former");
}

}  // namespace
}  // namespace bramble
