// SPDX-License-Identifier: Apache-2.0
#include "node/file_reply.hh"

#include <gtest/gtest.h>

#include <cerrno>

#include "node/file_reply_fixture.hh"

namespace bramble {
namespace {

TEST_F(FileReplyTest, ASmallFileComesWholeWithItsValidators) {
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "0123456789");
  EXPECT_EQ(reply.length, 10U);
  EXPECT_EQ(reply.file, nullptr);
  EXPECT_TRUE(has("Content-Type: text/plain; charset=utf-8")) << reply.fields.text();
  EXPECT_TRUE(has("ETag: \"1-a\""));
  EXPECT_TRUE(has("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_TRUE(has("Accept-Ranges: bytes"));
}

TEST_F(FileReplyTest, ContentInMemoryIsNotCopied) {
  volume.in_memory = true;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.held.data(), volume.files["a b.txt"].headed->bytes().data());
  EXPECT_EQ(reply.held, "0123456789");
  EXPECT_NE(reply.file, nullptr) << "whose memory it is";
  get("/a%20b.txt", {.range = "bytes=2-4"});
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.held, "234");
  limits.ahead_bytes = 0;
  get("/big.bin");
  EXPECT_EQ(reply.held.data(), volume.files["big.bin"].headed->bytes().data()) << "however large";
  EXPECT_EQ(reply.held.size(), 100'000U);
  EXPECT_EQ(reply.rest_bytes, 0U);
  EXPECT_EQ(volume.reads, 0);
}

TEST_F(FileReplyTest, WhatIsNotAtHandIsNoAnswer) {
  volume.read_error = EAGAIN;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 0);
  get("/a%20b.txt", {}, /*head=*/true);
  EXPECT_EQ(reply.status, 200) << "of the content nothing is needed";
  volume.open_error = EAGAIN;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 0);
  EXPECT_EQ(trouble, "");
}

// Its head would go out, and then a reset.
TEST_F(FileReplyTest, ALargeFileWhoseContentIsNotAtHandIsNoAnswerToo) {
  limits.ahead_bytes = 0;  // as on a loop
  volume.read_error = EAGAIN;
  get("/big.bin");
  EXPECT_TRUE(reply.needs_worker);
  get("/big.bin", {.range = "bytes=0-1999,50000-59999"});
  EXPECT_TRUE(reply.needs_worker);
  get("/big.bin", {}, /*head=*/true);
  EXPECT_EQ(reply.status, 200);
}

TEST_F(FileReplyTest, AFolderIsAnsweredByItsIndexAndOnlyWithASlash) {
  get("/");
  EXPECT_EQ(reply.body, "<h1>home</h1>");
  get("/docs/");
  EXPECT_EQ(reply.body, "docs");
  get("/docs?x=1");
  EXPECT_EQ(reply.status, 301);
  EXPECT_TRUE(has("Location: /docs/?x=1")) << reply.fields.text();
  get("/a%20b.txt/");
  EXPECT_EQ(reply.status, 404);
}

TEST_F(FileReplyTest, AFolderNamedLikeAHostIsNotRedirectedToThere) {
  volume.files["evil.example/index.html"] = {};
  get("//evil.example");
  EXPECT_TRUE(has("Location: /evil.example/")) << reply.fields.text();
}

TEST_F(FileReplyTest, ALargeFileIsBegunAndTheRestIsLeftInIt) {
  get("/big.bin");
  EXPECT_EQ(reply.body.size(), 5000U);
  EXPECT_EQ(reply.length, 100'000U);
  ASSERT_NE(reply.file, nullptr);
  EXPECT_EQ(reply.rest_first, 5000U);
  EXPECT_EQ(reply.rest_bytes, 95'000U);
}

TEST_F(FileReplyTest, HeadTellsTheLengthAndReadsNothing) {
  get("/big.bin", {.range = "bytes=0-1"}, true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.length, 100'000U);
  EXPECT_EQ(reply.file, nullptr);
  EXPECT_EQ(volume.reads, 0);
}

TEST_F(FileReplyTest, ARangeIsAnsweredWithItsPart) {
  get("/a%20b.txt", {.range = "bytes=2-4"});
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.body, "234");
  EXPECT_TRUE(has("Content-Range: bytes 2-4/10"));
  get("/big.bin", {.range = "bytes=-50000"});
  EXPECT_EQ(reply.length, 50'000U);
  EXPECT_EQ(reply.rest_first, 55'000U);
  get("/a%20b.txt", {.range = "bytes=10-"});
  EXPECT_EQ(reply.status, 416);
  EXPECT_TRUE(has("Content-Range: bytes */10"));
  get("/a%20b.txt", {.if_range = "\"older\"", .range = "bytes=2-4"});
  EXPECT_EQ(reply.status, 200);
}

TEST_F(FileReplyTest, ConditionsDecide) {
  get("/a%20b.txt", {.if_none_match = "\"1-a\""});
  EXPECT_EQ(reply.status, 304);
  EXPECT_TRUE(has("ETag: \"1-a\""));
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(volume.reads, 0);
  get("/a%20b.txt", {.if_match = "\"other\""});
  EXPECT_EQ(reply.status, 412);
}

TEST_F(FileReplyTest, AnEmptyFileIsAnEmptyBody) {
  get("/empty.css");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.length, 0U);
  EXPECT_EQ(reply.file, nullptr);
}

TEST_F(FileReplyTest, EachErrorOfTheVolumeHasItsStatus) {
  get("/none");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(trouble, "");
  volume.open_error = EACCES;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 403);
  volume.open_error = ENOTCONN;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(has("Retry-After: 1"));
  EXPECT_NE(trouble, "");
  volume.open_error = 0;
  volume.read_error = EIO;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(trouble, "");
}

TEST_F(FileReplyTest, AFileThatChangesWhileItIsReadIsReadAgain) {
  volume.change_after_reads = 1;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "9876543210") << "never the old bytes with the new version";
  EXPECT_TRUE(has("ETag: \"2-a\""));
}

TEST_F(FileReplyTest, AFileThatIsReplacedBeforeItIsReadIsLookedUpAgain) {
  for (const int code : {ESTALE, ENOENT}) {
    volume.files["a b.txt"] = {.content = "old", .version = 1};
    volume.on_read = [&, first = true]() mutable {
      if (!std::exchange(first, false)) return 0;
      volume.files["a b.txt"] = {.content = "the new one", .version = 2};
      return code;
    };
    get("/a%20b.txt");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "the new one");
    EXPECT_TRUE(has("ETag: \"2-b\"")) << reply.fields.text();
    EXPECT_EQ(trouble, "");
  }
}

TEST_F(FileReplyTest, ALargeFileThatIsReplacedBeforeItIsReadIsLookedUpAgain) {
  volume.on_read = [&, first = true]() mutable {
    if (!std::exchange(first, false)) return 0;
    volume.files["big.bin"] = {.content = std::string(200'000, 'n'), .version = 2};
    return ESTALE;
  };
  get("/big.bin");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, std::string(5000, 'n'));
  EXPECT_EQ(reply.rest_bytes, 195'000U);
  EXPECT_NE(reply.file, nullptr);
}

TEST_F(FileReplyTest, AFileThatIsRemovedBeforeItIsReadIsNotThere) {
  volume.on_read = [&] { return volume.files.erase("a b.txt"), ESTALE; };
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(trouble, "");
}

TEST_F(FileReplyTest, AFileThatIsReplacedAgainAndAgainIsGivenUp) {
  int reads = 0;
  volume.on_read = [&] { return ++reads, ESTALE; };
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reads, 3);
}

TEST_F(FileReplyTest, AFileThatNeverRestsIsNotGivenTorn) {
  volume.always_changing = true;
  get("/a%20b.txt");
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(trouble.find("changes faster"), std::string::npos);
}

}  // namespace
}  // namespace bramble
