// SPDX-License-Identifier: Apache-2.0
#include "volume/local_copies.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

namespace bramble {
namespace {

constexpr std::uint64_t kBytes = 300'000;  // of each copy; two have room, three have not

class LocalCopiesTest : public testing::Test {
 protected:
  static Stamp stamp(long version = 1) {
    struct stat status = {};
    status.st_size = static_cast<off_t>(kBytes);
    status.st_mtim.tv_nsec = version;
    return Stamp(status);
  }
  std::shared_ptr<LocalCopy> make(const std::string& id) {
    (void)copies_.find_or_make({id, stamp(), 1}, nullptr);
    return copies_.find_or_make({id, stamp(), 1}, nullptr);
  }
  static void fill(LocalCopy& copy) {
    copy.fill(0, std::string(kBytes, 'x'));
    copy.complete();
  }
  static std::uint64_t blocks_of(const LocalCopy& copy) {
    struct stat status = {};
    EXPECT_EQ(::fstat(copy.descriptor(), &status), 0);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
  }

  DiskSpace space_{.free = 1'000'000'000, .all = 1'000'000'000};
  LocalCopies copies_{"/var/tmp", 2 * kBytes, 16, [this](const std::string&) { return space_; }};
};

TEST_F(LocalCopiesTest, IsMadeTheSecondTimeAndFoundByItsStamp) {
  EXPECT_EQ(copies_.find_or_make({"a", stamp(), 1}, nullptr), nullptr);
  const auto made = copies_.find_or_make({"a", stamp(), 1}, nullptr);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(copies_.find({"a", stamp(), 1}), made);
  EXPECT_EQ(copies_.find_or_make({"a", stamp(), 1}, nullptr), made);
  EXPECT_EQ(copies_.find({"a", stamp(2), 1}), nullptr);
  EXPECT_EQ(copies_.find({"a", stamp(), 2}), nullptr) << "a change was heard of since";
  EXPECT_EQ(copies_.find({"b", stamp(), 1}), nullptr);
}

TEST_F(LocalCopiesTest, OfAFileThatChangesEachTimeNoneIsMadeNorTheOldOneKept) {
  ASSERT_NE(make("a"), nullptr);
  for (std::uint64_t edition = 2; edition < 5; ++edition)
    EXPECT_EQ(copies_.find_or_make({"a", stamp(), edition}, nullptr), nullptr);
  EXPECT_EQ(copies_.figures().copies, 0U);
  EXPECT_NE(copies_.find_or_make({"a", stamp(), 4}, nullptr), nullptr);
}

TEST_F(LocalCopiesTest, OneOfANewerEditionStaysWhoeverComesLate) {
  (void)copies_.find_or_make({"a", stamp(), 2}, nullptr);
  const auto newer = copies_.find_or_make({"a", stamp(), 2}, nullptr);
  ASSERT_NE(newer, nullptr);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(copies_.find_or_make({"a", stamp(), 1}, nullptr), nullptr);
  EXPECT_EQ(copies_.find({"a", stamp(), 2}), newer);
}

TEST_F(LocalCopiesTest, ItsSourceIsHeldForAsLongAsItIsKept) {
  auto source = std::make_shared<int>();
  const std::weak_ptr<int> held = source;
  (void)copies_.find_or_make({"a", stamp(), 1}, source);
  EXPECT_EQ(source.use_count(), 1);
  ASSERT_NE(copies_.find_or_make({"a", stamp(), 1}, std::move(source)), nullptr);
  EXPECT_FALSE(held.expired());
  for (const char* id : {"b", "c", "d"}) ASSERT_NE(make(id), nullptr);
  copies_.let_go();
  EXPECT_TRUE(held.expired());
}

TEST_F(LocalCopiesTest, AnUnfinishedOneThatMakesRoomGivesItsSpaceBackWhoeverHoldsIt) {
  const auto first = make("a");
  first->fill(0, std::string(200'000, 'x'));
  ASSERT_GT(blocks_of(*first), 0U);
  for (const char* id : {"b", "c", "d"}) ASSERT_NE(make(id), nullptr);
  EXPECT_EQ(copies_.find({"a", stamp(), 1}), nullptr);
  EXPECT_TRUE(first->is_spoilt());
  first->fill(0, std::string(kBytes, 'x'));
  first->complete();
  EXPECT_FALSE(first->is_complete());
  EXPECT_EQ(blocks_of(*first), 0U);
}

TEST_F(LocalCopiesTest, ACompleteOneThatMakesRoomIsSentToItsEnd) {
  auto first = make("a");
  fill(*first);
  for (const char* id : {"b", "c", "d"}) ASSERT_NE(make(id), nullptr);
  ASSERT_EQ(copies_.find({"a", stamp(), 1}), nullptr);
  EXPECT_TRUE(first->is_complete());
  std::string bytes(kBytes, '\0');
  EXPECT_GT(first->read(0, bytes), 0U);
  const std::weak_ptr<LocalCopy> watched = first;
  first.reset();
  EXPECT_FALSE(watched.expired()) << "who sent it last does not wait for the disk";
  copies_.let_go();
  EXPECT_TRUE(watched.expired());
}

TEST_F(LocalCopiesTest, NoneIsMadeWhileThoseThatMadeRoomStillFillTheDisk) {
  std::vector<std::shared_ptr<LocalCopy>> held;
  for (int i = 0; i < 10; ++i)
    if (auto copy = make(std::to_string(i))) {
      fill(*copy);
      held.push_back(std::move(copy));
    }
  EXPECT_EQ(held.size(), 4U) << "two that are kept, two that have made room";
  EXPECT_EQ(make("another"), nullptr);
  held.clear();
  copies_.let_go();
  EXPECT_NE(make("another"), nullptr);
}

TEST_F(LocalCopiesTest, TheLastTenthOfTheDiskIsForOthers) {
  space_.free = 100'000'000 + kBytes - 1;
  EXPECT_EQ(make("a"), nullptr);
  space_.free = 100'000'000 + kBytes;
  EXPECT_NE(make("a"), nullptr);
  EXPECT_NE(make("b"), nullptr);
  space_.free = 50'000'000;
  copies_.let_go();
  EXPECT_EQ(copies_.figures().copies, 2U);
  space_.free = 49'999'999;  // others have taken some
  const auto filled = copies_.find({"a", stamp(), 1});
  for (const std::uint64_t left : {1U, 0U, 0U}) {
    copies_.let_go();
    EXPECT_EQ(copies_.figures().copies, left);
  }
  EXPECT_TRUE(filled->is_spoilt()) << "or it is filled on";
}

TEST_F(LocalCopiesTest, OfADiskThatIsThereItTellsTheSpace) {
  const DiskSpace space = space_at("/var/tmp");
  EXPECT_GT(space.all, space.free);
  EXPECT_EQ(space_at("/nowhere").all, 0U);
}

TEST_F(LocalCopiesTest, ASpoiltOneIsMadeAnew) {
  const auto first = make("a");
  first->spoil();
  EXPECT_EQ(copies_.find({"a", stamp(), 1}), nullptr);
  const auto second = make("a");
  ASSERT_NE(second, nullptr);
  EXPECT_NE(second, first);
}

}  // namespace
}  // namespace bramble
