// SPDX-License-Identifier: Apache-2.0
// What is asked for again is answered with the lines that it was answered with before.
#include <gtest/gtest.h>

#include "node/file_reply_fixture.hh"

namespace bramble {
namespace {

class KeptReplyTest : public FileReplyTest {
 protected:
  KeptReplyTest() { volume.in_memory = true; }

  // All of the answer behind its first lines.
  static std::string rest_of(const FileReply& reply) {
    if (reply.kept) return std::string(reply.kept->lined());
    return std::string(reply.fields.text()) +
           "Content-Length: " + std::to_string(reply.held.size()) + "\r\n\r\n" +
           std::string(reply.held);
  }

  bool again(const std::string& path, http::Conditions conditions = {}) {
    get(path, std::move(conditions));
    return reply.kept != nullptr;
  }
};

TEST_F(KeptReplyTest, TheSameAnswerComesAgain) {
  site.headers = {{.glob = "/**", .fields = {{.name = "X-One", .text = "1"}}}};
  EXPECT_FALSE(again("/"));
  const std::string first = rest_of(reply);
  EXPECT_TRUE(again("/"));
  EXPECT_EQ(rest_of(reply), first);
  EXPECT_TRUE(first.ends_with("\r\nContent-Length: 13\r\n\r\n<h1>home</h1>")) << first;
  EXPECT_NE(first.find("X-One: 1\r\n"), std::string::npos);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.length, 13u);
}

TEST_F(KeptReplyTest, AnotherContentIsAnotherAnswer) {
  get("/a%20b.txt");
  ASSERT_TRUE(again("/a%20b.txt"));
  volume.files["a b.txt"] = {.content = "abc", .version = 2};
  EXPECT_FALSE(again("/a%20b.txt"));
  EXPECT_EQ(reply.held, "abc");
  ASSERT_TRUE(again("/a%20b.txt"));
  EXPECT_TRUE(rest_of(reply).ends_with("Content-Length: 3\r\n\r\nabc"));
}

TEST_F(KeptReplyTest, WhatTheRequestDecidesIsDecidedEachTime) {
  get("/a%20b.txt");
  ASSERT_TRUE(again("/a%20b.txt"));
  EXPECT_FALSE(again("/a%20b.txt", {.if_none_match = "*"}));
  EXPECT_EQ(reply.status, 304);
  EXPECT_FALSE(again("/a%20b.txt", {.if_match = "\"other\""}));
  EXPECT_EQ(reply.status, 412);
  EXPECT_FALSE(again("/a%20b.txt", {.range = "bytes=1-2"}));
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.held, "12");
  EXPECT_FALSE(again("/a%20b.txt", {.if_unmodified_since = "Sun, 06 Nov 1994 08:49:36 GMT"}));
  EXPECT_EQ(reply.status, 412);
  EXPECT_FALSE(again("/a%20b.txt", {.if_modified_since = "Sun, 06 Nov 1994 08:49:37 GMT"}));
  EXPECT_EQ(reply.status, 304);
  get("/a%20b.txt", {}, /*head=*/true);
  EXPECT_FALSE(reply.kept);
  EXPECT_EQ(reply.held, "");
  EXPECT_TRUE(again("/a%20b.txt"));
}

TEST_F(KeptReplyTest, OnlyAWholeAnswerIsKept) {
  EXPECT_FALSE(again("/a%20b.txt", {.if_none_match = "*"}));
  EXPECT_FALSE(again("/a%20b.txt", {.range = "bytes=1-2"}));
  EXPECT_EQ(reply.status, 206);
  EXPECT_FALSE(again("/a%20b.txt"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.held, "0123456789");
  EXPECT_TRUE(again("/a%20b.txt"));
}

TEST_F(KeptReplyTest, OneContentHasAnAnswerForEachNameAndSite) {
  volume.files["b.css"] = {.content = "same"};
  get("/b.css");
  ASSERT_TRUE(again("/b.css"));
  volume.files["b.txt"] = volume.files["b.css"];  // a hard link
  EXPECT_FALSE(again("/b.txt"));
  EXPECT_TRUE(has("Content-Type: text/plain; charset=utf-8"));
  ASSERT_TRUE(again("/b.css"));
  EXPECT_NE(rest_of(reply).find("Content-Type: text/css"), std::string::npos);

  SiteOptions other = site;
  FileQuery query{.site = &other, .now = 1'790'000'000};
  ASSERT_EQ(decode_path("/b.css", query.path), PathFault::kNone);
  look_up(volume, query, limits, reply, trouble);
  EXPECT_FALSE(reply.kept);
  EXPECT_EQ(reply.held, "same");
}

TEST_F(KeptReplyTest, AnotherFormIsAnotherAnswer) {
  volume.files["c.txt"] = {.content = "short"};
  volume.files["c.txt.gz"] = {.content = "coded"};
  get("/c.txt");
  ASSERT_TRUE(again("/c.txt"));
  accept("gzip");
  EXPECT_FALSE(again("/c.txt"));
  EXPECT_TRUE(has("Content-Encoding: gzip"));
  EXPECT_TRUE(again("/c.txt"));
  EXPECT_TRUE(rest_of(reply).ends_with("\r\n\r\ncoded"));
  EXPECT_NE(rest_of(reply).find("Content-Encoding: gzip\r\n"), std::string::npos);
  codings = {};
  EXPECT_TRUE(again("/c.txt"));
  EXPECT_TRUE(rest_of(reply).ends_with("\r\n\r\nshort"));
  EXPECT_FALSE(again("/c.txt.gz")) << "by its own name it is no coded form";
  EXPECT_FALSE(has("Content-Encoding: gzip"));
}

TEST_F(KeptReplyTest, ALinkToItselfIsNoReasonToCallItCoded) {
  volume.files["d.txt"] = {.content = "same"};
  get("/d.txt");
  ASSERT_TRUE(again("/d.txt"));
  volume.files["d.txt.gz"] = volume.files["d.txt"];
  accept("gzip");
  EXPECT_FALSE(again("/d.txt"));
  EXPECT_TRUE(has("Content-Encoding: gzip")) << "as the link says";
  codings = {};
  EXPECT_TRUE(again("/d.txt"));
  EXPECT_FALSE(has("Content-Encoding: gzip"));
}

TEST_F(KeptReplyTest, WhatIsCodedHereIsAnsweredAgain) {
  volume.in_memory = false;  // as where a folder is served
  volume.files["e.css"] = {.content = std::string(900, 'e')};
  limits.coded = &coded;
  limits.may_take_time = true;
  accept("gzip, br");
  EXPECT_FALSE(again("/e.css"));
  const std::string first = rest_of(reply);
  EXPECT_TRUE(again("/e.css"));
  EXPECT_EQ(rest_of(reply), first);
  for (const char* field :
       {"Content-Encoding: br", "ETag: W/\"1-384-br\"", "Vary: Accept-Encoding"})
    EXPECT_TRUE(has(field)) << first;
  EXPECT_FALSE(again("/e.css", {.if_none_match = "\"1-384-br\""}));
  EXPECT_EQ(reply.status, 304);
  EXPECT_FALSE(again("/e.css", {.if_match = "\"1-384\""}));
  EXPECT_EQ(reply.status, 412);
  EXPECT_FALSE(again("/e.css", {.range = "bytes=0-1"}));
  EXPECT_EQ(reply.status, 206);
  get("/e.css", {}, /*head=*/true);
  EXPECT_FALSE(reply.kept);

  accept("gzip");
  EXPECT_FALSE(again("/e.css"));
  EXPECT_TRUE(has("Content-Encoding: gzip"));
  codings = {};
  EXPECT_FALSE(again("/e.css"));
  EXPECT_FALSE(has("Content-Encoding: gzip"));

  accept("br");
  volume.files["e.css"] = {.content = std::string(900, 'f'), .version = 2};
  EXPECT_FALSE(again("/e.css"));
  EXPECT_TRUE(has("ETag: W/\"2-384-br\""));
}

TEST_F(KeptReplyTest, WhatIsCodedHereHasAnAnswerForEachSite) {
  volume.files["e.css"] = {.content = std::string(900, 'e')};
  limits.coded = &coded;
  limits.may_take_time = true;
  accept("br");
  get("/e.css");
  ASSERT_TRUE(again("/e.css"));
  SiteOptions other = site;
  other.headers = {{.glob = "/**", .fields = {{.name = "X-One", .text = "1"}}}};
  FileQuery query{.site = &other, .codings = codings, .now = 1'790'000'000};
  ASSERT_EQ(decode_path("/e.css", query.path), PathFault::kNone);
  look_up(volume, query, limits, reply, trouble);
  EXPECT_FALSE(reply.kept);
  EXPECT_TRUE(has("X-One: 1"));
  EXPECT_TRUE(has("Content-Encoding: br"));
}

TEST_F(KeptReplyTest, NothingIsKeptThatTheNextSecondChanges) {
  volume.files["f.txt"] = {.content = "future", .modified = {.tv_sec = 1'790'000'001}};
  EXPECT_FALSE(again("/f.txt"));
  EXPECT_FALSE(again("/f.txt"));
  EXPECT_TRUE(has("Last-Modified: Mon, 21 Sep 2026 14:13:20 GMT")) << reply.fields.text();
}

TEST_F(KeptReplyTest, WhatIsTooLargeToBeCopiedForASlowVisitorIsNot) {
  EXPECT_FALSE(again("/big.bin"));
  EXPECT_FALSE(again("/big.bin"));
  EXPECT_EQ(reply.held.size(), 100'000u);
}

TEST_F(KeptReplyTest, AnErrorPageIsNoAnswerOfItsFile) {
  site.error_pages = {{.status = 404, .page = "/index.html"}};
  get("/index.html");
  EXPECT_FALSE(again("/nowhere"));
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, "<h1>home</h1>");
  EXPECT_TRUE(again("/index.html"));
}

}  // namespace
}  // namespace bramble
