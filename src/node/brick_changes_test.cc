// SPDX-License-Identifier: Apache-2.0
#include "node/brick_changes.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.hh"

namespace bramble {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

std::string index(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += "/srv/brick/web/.glusterfs/changelogs/2026/11/23/" + name + '\0';
  return text;
}

TEST(Journals, AreThoseInWhichSomethingChanged) {
  EXPECT_THAT(parse_journals(index({"CHANGELOG.1700000004", "changelog.1700000008",
                                    "CHANGELOG.1700000012", "changelog.1700000016"})),
              ElementsAre(1'700'000'004, 1'700'000'012));
  EXPECT_THAT(parse_journals(""), IsEmpty());
}

TEST(Journals, ABeginningThatIsCutOffDoesNoHarm) {
  const std::string text = index({"CHANGELOG.1700000004", "CHANGELOG.1700000008"});
  for (std::size_t cut = 0; cut < text.size() / 2; ++cut)
    EXPECT_THAT(parse_journals(text.substr(cut)), testing::Contains(1'700'000'008));
}

class JournalsOfABrick : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "bramble_changes_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    brick_ = pattern;
    fs::create_directories(brick_ + "/.glusterfs/changelogs/htime");
  }
  void TearDown() override { fs::remove_all(brick_); }
  void put(const std::string& name, const std::string& content) {
    ASSERT_TRUE(write_file(brick_ + "/.glusterfs/changelogs/htime/" + name, content).ok());
  }

  std::string brick_;
};

TEST_F(JournalsOfABrick, StandInTheNewestIndex) {
  put("HTIME.1700000000", index({"CHANGELOG.1700000004"}));
  EXPECT_THAT(read_journals(brick_).value(), ElementsAre(1'700'000'004));
  put("HTIME.1700000100", index({"CHANGELOG.1700000104"}));
  EXPECT_THAT(read_journals(brick_).value(), ElementsAre(1'700'000'104));
}

TEST_F(JournalsOfABrick, OfALongIndexAreTheLast) {
  std::vector<std::string> names;
  for (int i = 0; i < 5000; ++i) names.push_back("CHANGELOG." + std::to_string(1'700'000'000 + i));
  put("HTIME.1700000000", index(names));
  const Journals journals = read_journals(brick_).value();
  EXPECT_GT(journals.size(), 150U);
  EXPECT_LT(journals.size(), 1000U);
  EXPECT_EQ(journals.back(), 1'700'004'999U);
}

TEST_F(JournalsOfABrick, AreNotKnownWhereThereAreNone) {
  EXPECT_FALSE(read_journals(brick_).has_value());
  EXPECT_FALSE(read_journals(brick_ + "/missing").has_value());
}

}  // namespace
}  // namespace bramble
