// SPDX-License-Identifier: Apache-2.0
// Answers that are compressed, or lie compressed beside the file.
#include "node/file_reply_fixture.hh"

namespace bramble {
namespace {

// Which no coding makes shorter.
std::string noise(std::size_t bytes) {
  std::string text;
  for (unsigned i = 1; text.size() < bytes; i = i * 1103515245 + 12345)
    text += static_cast<char>(i >> 16U);
  return text;
}

TEST_F(FileReplyTest, WhatIsToBeCompressedIsLeftToAWorker) {
  volume.files["a.css"] = {.content = std::string(900, 'c')};
  limits.coded = &coded;
  accept("gzip, br");
  get("/a.css");
  EXPECT_TRUE(reply.needs_worker);
  EXPECT_EQ(volume.reads, 0);
  limits.may_take_time = true;
  get("/a.css");
  EXPECT_FALSE(reply.needs_worker);
  EXPECT_EQ(field("Content-Encoding"), "br");
  EXPECT_EQ(field("ETag"), "W/\"1-384-br\"");
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
  EXPECT_LT(reply.length, 100U);
  EXPECT_EQ(reply.held.size(), reply.length);
  limits.may_take_time = false;
  const std::string body(reply.held);
  get("/a.css");
  ASSERT_TRUE(reply.kept) << "from the cache, on any thread";
  EXPECT_EQ(reply.kept->bytes(), body);
  EXPECT_EQ(volume.reads, 1);
  volume.files["a.css"] = {.content = std::string(901, 'd'), .version = 2};
  get("/a.css");
  EXPECT_TRUE(reply.needs_worker) << "another content";
}

TEST_F(FileReplyTest, ConditionsAreMetWithoutCompressing) {
  volume.files["a.css"] = {.content = std::string(900, 'c')};
  limits.coded = &coded;
  accept("gzip");
  get("/a.css", {.if_none_match = "W/\"1-384-gz\""});
  EXPECT_EQ(reply.status, 304);
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
  get("/a.css", {.if_unmodified_since = "Thu, 01 Jan 1970 00:00:00 GMT"});
  EXPECT_EQ(reply.status, 412);
  EXPECT_EQ(volume.reads, 0);
}

TEST_F(FileReplyTest, IfMatchIsJudgedByTheTagOfWhatIsGiven) {
  volume.files["short.css"] = {.content = std::string(900, 'c')};
  volume.files["noise.css"] = {.content = noise(600)};
  limits.coded = &coded;
  accept("gzip");
  get("/noise.css", {.if_match = "\"1-258\""});
  EXPECT_TRUE(reply.needs_worker) << "whether it gets shorter is not known yet";
  limits.may_take_time = true;
  get("/noise.css", {.if_match = "\"1-258\""});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(field("ETag"), "\"1-258\"");
  get("/noise.css", {.if_match = "\"1-258\"", .if_none_match = "\"1-258\""});
  EXPECT_EQ(reply.status, 304);
  get("/noise.css", {.if_match = "\"2-258\""});
  EXPECT_EQ(reply.status, 412);
  get("/short.css", {.if_match = "W/\"1-384-gz\""});
  EXPECT_EQ(reply.status, 412) << "a weak tag never matches strongly";
  get("/short.css", {.if_match = "\"1-384\""});
  EXPECT_EQ(reply.status, 412) << "it is given packed";
}

TEST_F(FileReplyTest, AFileThatChangesWhileItIsCompressedIsLookedUpAgain) {
  volume.files["a.css"] = {.content = std::string(500, 'a') + std::string(500, 'b')};
  volume.change_after_reads = 1;
  limits.coded = &coded;
  limits.may_take_time = true;
  accept("gzip");
  get("/a.css");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(field("ETag"), "W/\"2-3e8-gz\"") << "never the old bytes with the new version";
  volume.always_changing = true;
  volume.files["b.css"] = {.content = std::string(1000, 'b')};
  get("/b.css");
  EXPECT_EQ(reply.status, 503);
}

TEST_F(FileReplyTest, WhatGetsNoShorterIsGivenAsItIs) {
  const std::string incompressible = noise(600);
  volume.files["a.css"] = {.content = incompressible};
  limits.coded = &coded;
  limits.may_take_time = true;
  accept("gzip");
  get("/a.css");
  EXPECT_EQ(field("Content-Encoding"), "");
  EXPECT_EQ(field("ETag"), "\"1-258\"");
  EXPECT_EQ(field("Vary"), "Accept-Encoding");
  EXPECT_EQ(reply.body, incompressible);
}

TEST_F(FileReplyTest, OfACodedFileSeveralPartsAreNotGiven) {
  volume.files["a.css"] = {.content = "x"};
  volume.files["a.css.gz"] = {.content = std::string(900, 'z'), .version = 5};
  accept("gzip");
  get("/a.css", {.range = "bytes=0-1"});
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(field("Content-Range"), "bytes 0-1/900");
  EXPECT_EQ(field("ETag"), "\"5-384-gz\"");
  get("/a.css", {.range = "bytes=0-1,800-801"});
  EXPECT_EQ(reply.status, 200);
}

TEST_F(FileReplyTest, AFileBesideItThatIsOlderByAnyTimeWasMadeOfAnotherContent) {
  constexpr time_t kSecond = 784111777;
  const auto stands_in = [&](timespec file, timespec beside) {
    volume.files["a.css"] = {.content = "x", .modified = file};
    volume.files["a.css.gz"] = {.content = "coded", .modified = beside};
    accept("gzip");
    get("/a.css");
    return reply.body == "coded";
  };
  EXPECT_TRUE(stands_in({kSecond, 5'000'000}, {kSecond, 5'000'000}));
  EXPECT_TRUE(stands_in({kSecond, 5'000'000}, {kSecond, 5'000'001}));
  EXPECT_FALSE(stands_in({kSecond, 5'000'002}, {kSecond, 5'000'001}));
  EXPECT_FALSE(stands_in({kSecond, 5'000'000}, {kSecond, 4'000'000}));
  EXPECT_FALSE(stands_in({kSecond, 0}, {kSecond - 1, 999'999'999}));
  EXPECT_TRUE(stands_in({kSecond, 999'999'999}, {kSecond + 1, 0}));
  EXPECT_TRUE(stands_in({kSecond, 5'123'456}, {kSecond, 0})) << "cut off to seconds";
  EXPECT_TRUE(stands_in({kSecond, 5'123'456}, {kSecond, 5'123'000})) << "to microseconds";
}

}  // namespace
}  // namespace bramble
