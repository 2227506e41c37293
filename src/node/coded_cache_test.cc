// SPDX-License-Identifier: Apache-2.0
#include "node/coded_cache.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "base/file.hh"
#include "node/compress.hh"
#include "node/representation.hh"
#include "volume/folder_volume.hh"

namespace bramble {
namespace {

CodedCache::Content content(std::size_t bytes) {
  return std::make_shared<const HeadedBytes>(std::string(bytes, 'x'));
}

TEST(CodedCache, KeepsWhatItWasGiven) {
  CodedCache cache(10'000);
  EXPECT_FALSE(cache.find("a"));
  cache.put("a", content(10));
  cache.put("b", nullptr);
  EXPECT_EQ((*cache.find("a"))->size(), 10U);
  ASSERT_TRUE(cache.find("b"));
  EXPECT_EQ(*cache.find("b"), nullptr) << "known to be no shorter";
}

TEST(CodedCache, IsBoundedAndDropsWhatWasNotAskedForLongest) {
  CodedCache cache(10'000);
  for (const char* key : {"a", "b", "c"}) cache.put(key, content(2'500));
  cache.find("a");
  cache.put("d", content(2'500));
  EXPECT_TRUE(cache.find("a"));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("c"));
  EXPECT_TRUE(cache.find("d"));
  for (int i = 0; i < 1000; ++i) {
    cache.put(std::to_string(i), i % 2 == 0 ? content(100) : nullptr);
    EXPECT_LE(cache.bytes(), 10'000U);
  }
}

TEST(CodedCache, ANewOneHasRoomWhereAllOthersWereAskedFor) {
  CodedCache cache(10'000);
  for (const char* key : {"a", "b", "c"}) {
    cache.put(key, content(2'500));
    cache.find(key);
  }
  cache.put("d", content(2'500));
  EXPECT_TRUE(cache.find("d"));
  EXPECT_FALSE(cache.find("a"));
  EXPECT_TRUE(cache.find("b"));
}

TEST(CodedCache, EachIsMadeByOneAloneAndOnlySoManyAtOnce) {
  CodedCache cache(10'000, 2);
  {
    const CodedCache::Making a = cache.begin_making("a");
    EXPECT_TRUE(a);
    EXPECT_FALSE(cache.begin_making("a"));
    const CodedCache::Making b = cache.begin_making("b");
    EXPECT_TRUE(b);
    EXPECT_FALSE(cache.begin_making("c"));
  }
  EXPECT_TRUE(cache.begin_making("c"));
}

TEST(CodedCache, NoMoreIsMadeWhileVisitorsHoldTwiceWhatMayBeKept) {
  CodedCache cache(10'000);
  std::vector<CodedCache::Content> held;
  for (int i = 0; i < 7; ++i) {
    EXPECT_TRUE(cache.begin_making("x")) << i;
    held.push_back(cache.content(std::string(2'500, 'x')));
    cache.put(std::to_string(i), held.back());
  }
  EXPECT_FALSE(cache.begin_making("x"));
  held.clear();
  EXPECT_TRUE(cache.begin_making("x"));
}

TEST(CodedCache, AContentMayOutliveIt) {
  auto cache = std::make_unique<CodedCache>(10'000);
  const CodedCache::Content content = cache->content("text");
  cache.reset();
  EXPECT_EQ(content->bytes(), "text");
}

TEST(CodedCache, WhatIsLargerThanAllOfItIsNotKept) {
  CodedCache cache(10'000);
  cache.put("small", content(100));
  cache.put("large", content(10'000));
  EXPECT_FALSE(cache.find("large"));
  EXPECT_TRUE(cache.find("small"));
}

TEST(CodedCache, AKeyTellsNameVersionAndCodingApart) {
  const auto gzip = http::ContentCoding::kGzip;
  const auto of = [](std::uint64_t time, std::uint64_t size) {
    return FileStatus{.version = {.time = time, .size = size}};
  };
  EXPECT_NE(CodedCache::key("a", of(11, 1), gzip), CodedCache::key("a1", of(1, 1), gzip));
  EXPECT_NE(CodedCache::key("a", of(11, 1), gzip), CodedCache::key("a", of(1, 11), gzip));
  EXPECT_NE(CodedCache::key("a", {.edition = 1}, gzip), CodedCache::key("a", {}, gzip));
  EXPECT_NE(CodedCache::key("a", {.inode = 1}, gzip), CodedCache::key("a", {}, gzip));
  EXPECT_NE(CodedCache::key("a", of(1, 1), gzip),
            CodedCache::key("a", of(1, 1), http::ContentCoding::kBrotli));
}

// As `tar x` does it where every file of an archive has the same time.
TEST(CodedCache, AContentWhoseTimeWasSetBackIsNotTakenForTheOneBefore) {
  std::string folder = testing::TempDir() + "bramble_coded_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto volume = FolderVolume::create(folder).value();
  CodedCache cache(1'000'000);
  std::optional<FileVersion> first;
  for (const char letter : {'a', 'b'}) {
    const std::string content(1000, letter);
    ASSERT_TRUE(write_file(folder + "/page.html", content).ok());
    const std::array<timespec, 2> times = {timespec{.tv_sec = 1'700'000'000, .tv_nsec = 0},
                                           timespec{.tv_sec = 1'700'000'000, .tv_nsec = 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder + "/page.html").c_str(), times.data(), 0), 0);
    Representation form{.file = volume->open("page.html").value(),
                        .coding = http::ContentCoding::kGzip,
                        .to_be_coded = true};
    std::string trouble;
    ASSERT_EQ(code(form, "page.html", cache, /*may_make=*/true, trouble), Coding::kDone) << trouble;
    std::string coded(form.file->status().size, '\0');
    ASSERT_TRUE(form.file->read(0, coded).ok());
    EXPECT_EQ(coded, *compress(content, http::ContentCoding::kGzip));
    const FileVersion version = form.file->status().version;
    EXPECT_EQ(version, first.value_or(version)) << "another machine's must be the same";
    first = version;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bramble
