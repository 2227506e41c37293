// SPDX-License-Identifier: Apache-2.0
// RFC 9110 §13 (conditional requests) and §14 (range requests), row by row: what a request for a
// file says, and the status that it must get. Rows for methods that change something, for weak
// entity tags of the origin's and for other units than bytes do not concern a server of files.
//
// The file has 1000 bytes, "0123456789" again and again, and was last modified at kThen; its entity
// tag is "1-3e8".
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/request_head.hh"
#include "node/file_reply_fixture.hh"

namespace bramble {
namespace {

#define THEN "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"
#define TAG "\"1-3e8\""

struct Row {
  const char* section;
  const char* fields;  // with their line ends
  int status;
  std::string content_range;  // "": none
  std::uint64_t length;       // of the body; 0 of those that tell a fault or have none
};

class Conformance : public ::testing::Test {
 protected:
  Conformance() {
    std::string content;
    for (int i = 0; i < 100; ++i) content += "0123456789";
    volume.files["a.txt"] = {.content = content};
    volume.files["empty.txt"] = {};
    volume.files["folder/index.html"] = {.content = "index"};
  }

  void ask(const std::string& start, const std::string& fields) {
    const std::string text = start + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    const http::HeadParse parsed = http::parse_request_head(text, 0, {}, head);
    ASSERT_EQ(parsed.outcome, http::HeadParse::Outcome::kDone) << text;
    FileQuery query{.site = &site, .head = head.method == "HEAD", .now = 1'790'000'000};
    query.conditions.take(head.fields());
    ASSERT_EQ(decode_path(head.path, query.path), PathFault::kNone);
    look_up(volume, query, {}, reply, trouble);
  }

  // Of a file that is read, and of one that lies in memory with what it was answered with before.
  void check(const std::string& start, const std::vector<Row>& rows) {
    for (const bool kept : {false, true}) {
      volume.in_memory = kept;
      if (kept) ask("GET /a.txt", "");
      check_rows(start, rows);
    }
  }

  void check_rows(const std::string& start, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      SCOPED_TRACE(start + " §" + row.section + ": " + row.fields);
      ask(start, row.fields);
      EXPECT_EQ(reply.status, row.status);
      EXPECT_EQ(field_of(reply, "Content-Range"), row.content_range);
      EXPECT_TRUE(row.status >= 300 || reply.length == row.length) << reply.length;
      if (row.status < 300 || row.status == 304) {
        EXPECT_EQ(field_of(reply, "ETag"), TAG) << "§15.4.5: as 200 would tell it";
        EXPECT_EQ(field_of(reply, "Last-Modified"), THEN);
      }
    }
  }

  const SiteOptions site;
  FakeVolume volume;
  http::RequestHead head;
  FileReply reply;
  std::string trouble;
};

const std::vector<Row> kConditions = {
    {"13.1", "", 200, "", 1000},
    // If-Match: strong comparison.
    {"13.1.1", "If-Match: " TAG "\r\n", 200, "", 1000},
    {"13.1.1", "If-Match: *\r\n", 200, "", 1000},
    {"13.1.1", "If-Match: \"a\", " TAG ", \"b\"\r\n", 200, "", 1000},
    {"13.1.1", "If-Match: \"a\"\r\nIf-Match: " TAG "\r\n", 200, "", 1000},
    {"13.1.1", "If-Match: \"a\"\r\n", 412, "", 0},
    {"13.1.1", "If-Match: \"a\", \"b\"\r\n", 412, "", 0},
    {"13.1.1", "If-Match: W/" TAG "\r\n", 412, "", 0},
    {"13.1.1", "If-Match: 1-3e8\r\n", 412, "", 0},
    // If-None-Match: weak comparison.
    {"13.1.2", "If-None-Match: " TAG "\r\n", 304, "", 0},
    {"13.1.2", "If-None-Match: W/" TAG "\r\n", 304, "", 0},
    {"13.1.2", "If-None-Match: *\r\n", 304, "", 0},
    {"13.1.2", "If-None-Match: \"a\",W/\"b\" , " TAG "\r\n", 304, "", 0},
    {"13.1.2", "If-None-Match: \"a\"\r\nIf-None-Match: " TAG "\r\n", 304, "", 0},
    {"13.1.2", "If-None-Match: \"a\"\r\n", 200, "", 1000},
    {"13.1.2", "If-None-Match: \"V1-1000\"\r\n", 200, "", 1000},
    {"13.1.2", "If-None-Match: 1-3e8\r\n", 200, "", 1000},
    // If-Modified-Since.
    {"13.1.3", "If-Modified-Since: " THEN "\r\n", 304, "", 0},
    {"13.1.3", "If-Modified-Since: " AFTER "\r\n", 304, "", 0},
    {"13.1.3", "If-Modified-Since: " BEFORE "\r\n", 200, "", 1000},
    {"13.1.3", "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", 304, "", 0},
    {"13.1.3", "If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", 304, "", 0},
    {"13.1.3", "If-Modified-Since: yesterday\r\n", 200, "", 1000},
    {"13.1.3", "If-Modified-Since: " AFTER "\r\nIf-Modified-Since: " AFTER "\r\n", 200, "", 1000},
    {"13.1.3", "If-None-Match: \"a\"\r\nIf-Modified-Since: " AFTER "\r\n", 200, "", 1000},
    // If-Unmodified-Since.
    {"13.1.4", "If-Unmodified-Since: " THEN "\r\n", 200, "", 1000},
    {"13.1.4", "If-Unmodified-Since: " AFTER "\r\n", 200, "", 1000},
    {"13.1.4", "If-Unmodified-Since: " BEFORE "\r\n", 412, "", 0},
    {"13.1.4", "If-Unmodified-Since: yesterday\r\n", 200, "", 1000},
    {"13.1.4", "If-Match: " TAG "\r\nIf-Unmodified-Since: " BEFORE "\r\n", 200, "", 1000},
    // The order of §13.2.2.
    {"13.2.2", "If-Match: \"a\"\r\nIf-None-Match: " TAG "\r\n", 412, "", 0},
    {"13.2.2", "If-Match: " TAG "\r\nIf-None-Match: " TAG "\r\n", 304, "", 0},
    {"13.2.2", "If-Match: " TAG "\r\nIf-None-Match: \"a\"\r\n", 200, "", 1000},
    {"13.2.2", "If-Match: \"a\"\r\nIf-Modified-Since: " AFTER "\r\n", 412, "", 0},
    {"13.2.2", "If-Match: " TAG "\r\nIf-Modified-Since: " AFTER "\r\n", 304, "", 0},
    {"13.2.2", "If-Unmodified-Since: " BEFORE "\r\nIf-None-Match: " TAG "\r\n", 412, "", 0},
    {"13.2.2", "If-Unmodified-Since: " THEN "\r\nIf-None-Match: " TAG "\r\n", 304, "", 0},
    {"13.2.2", "If-Unmodified-Since: " THEN "\r\nIf-Modified-Since: " THEN "\r\n", 304, "", 0},
};

const std::vector<Row> kRanges = {
    {"14.1.2", "Range: bytes=0-499\r\n", 206, "bytes 0-499/1000", 500},
    {"14.1.2", "Range: bytes=500-999\r\n", 206, "bytes 500-999/1000", 500},
    {"14.1.2", "Range: bytes=-500\r\n", 206, "bytes 500-999/1000", 500},
    {"14.1.2", "Range: bytes=500-\r\n", 206, "bytes 500-999/1000", 500},
    {"14.1.2", "Range: bytes=0-0\r\n", 206, "bytes 0-0/1000", 1},
    {"14.1.2", "Range: bytes=999-999\r\n", 206, "bytes 999-999/1000", 1},
    {"14.1.2", "Range: bytes=-1\r\n", 206, "bytes 999-999/1000", 1},
    {"14.1.2", "Range: bytes=0-\r\n", 206, "bytes 0-999/1000", 1000},
    {"14.1.2", "Range: bytes=0-999\r\n", 206, "bytes 0-999/1000", 1000},
    {"14.1.2", "Range: bytes=900-5000\r\n", 206, "bytes 900-999/1000", 100},
    {"14.1.2", "Range: bytes=-5000\r\n", 206, "bytes 0-999/1000", 1000},
    {"14.1.2", "Range: bytes=1000-\r\n", 416, "bytes */1000", 0},
    {"14.1.2", "Range: bytes=1000-2000\r\n", 416, "bytes */1000", 0},
    {"14.1.2", "Range: bytes=-0\r\n", 416, "bytes */1000", 0},
    {"14.1.2", "Range: bytes=1000-,-0,5000-6000\r\n", 416, "bytes */1000", 0},
    {"14.1.2", "Range: bytes=99999999999999999999-\r\n", 416, "bytes */1000", 0},
    {"14.1.1", "Range: bytes=500-400\r\n", 200, "", 1000},
    {"14.1.1", "Range: bytes=a-b\r\n", 200, "", 1000},
    {"14.1.1", "Range: bytes=0-1,x\r\n", 200, "", 1000},
    {"14.1.1", "Range: bytes\r\n", 200, "", 1000},
    {"14.1", "Range: BYTES=0-0\r\n", 206, "bytes 0-0/1000", 1},
    {"14.2", "Range: lines=0-1\r\n", 200, "", 1000},
    {"14.2", "Range: bytes=0-399,300-499\r\n", 206, "bytes 0-499/1000", 500},
    {"14.2", "Range: bytes=0-299,500-999\r\n", 200, "", 1000},
    {"14.2", "Range: bytes=2000-,0-1\r\n", 206, "bytes 0-1/1000", 2},
    // If-Range: an entity tag, by strong comparison, or the exact date.
    {"13.1.5", "Range: bytes=0-1\r\nIf-Range: " TAG "\r\n", 206, "bytes 0-1/1000", 2},
    {"13.1.5", "Range: bytes=0-1\r\nIf-Range: \"a\"\r\n", 200, "", 1000},
    {"13.1.5", "Range: bytes=0-1\r\nIf-Range: W/" TAG "\r\n", 200, "", 1000},
    {"13.1.5", "Range: bytes=0-1\r\nIf-Range: " TAG ", \"a\"\r\n", 200, "", 1000},
    {"13.1.5", "Range: bytes=0-1\r\nIf-Range: *\r\n", 200, "", 1000},
    {"13.1.5", "Range: bytes=0-1\r\nIf-Range: " THEN "\r\n", 206, "bytes 0-1/1000", 2},
    {"13.1.5", "Range: bytes=0-1\r\nIf-Range: " BEFORE "\r\n", 200, "", 1000},
    {"13.1.5", "Range: bytes=0-1\r\nIf-Range: " AFTER "\r\n", 200, "", 1000},
    {"13.1.5", "Range: bytes=5000-\r\nIf-Range: \"a\"\r\n", 200, "", 1000},
    {"13.1.5", "If-Range: \"a\"\r\n", 200, "", 1000},
    // Conditions come before ranges.
    {"13.2.2", "Range: bytes=0-1\r\nIf-None-Match: " TAG "\r\n", 304, "", 0},
    {"13.2.2", "Range: bytes=0-1\r\nIf-Match: \"a\"\r\n", 412, "", 0},
    {"13.2.2", "Range: bytes=0-1\r\nIf-Match: " TAG "\r\n", 206, "bytes 0-1/1000", 2},
    {"13.2.2", "Range: bytes=0-1\r\nIf-Modified-Since: " THEN "\r\n", 304, "", 0},
    {"13.2.2", "Range: bytes=0-1\r\nIf-Unmodified-Since: " BEFORE "\r\n", 412, "", 0},
    {"13.2.2", "Range: bytes=5000-\r\nIf-None-Match: " TAG "\r\n", 304, "", 0},
    {"13.2.2", "Range: bytes=0-1\r\nIf-Range: " TAG "\r\nIf-Unmodified-Since: " BEFORE "\r\n", 412,
     "", 0},
};

TEST_F(Conformance, ConditionsOfGet) { check("GET /a.txt", kConditions); }
TEST_F(Conformance, ConditionsOfHead) { check("HEAD /a.txt", kConditions); }
TEST_F(Conformance, RangesOfGet) { check("GET /a.txt", kRanges); }

TEST_F(Conformance, HeadKnowsNoRanges) {
  check("HEAD /a.txt", {{"14.2", "Range: bytes=0-1\r\n", 200, "", 1000},
                        {"14.2", "Range: bytes=5000-\r\n", 200, "", 1000}});
}

TEST_F(Conformance, ConditionsDoNotCountWhereTheAnswerWouldBeNoSuccess) {  // §13.2.1
  for (const char* fields : {"If-Match: *\r\n", "If-Match: \"a\"\r\n", "If-None-Match: *\r\n",
                             "If-Unmodified-Since: " BEFORE "\r\n", "Range: bytes=0-1\r\n"}) {
    ask("GET /none.txt", fields);
    EXPECT_EQ(reply.status, 404) << fields;
    ask("GET /folder", fields);
    EXPECT_EQ(reply.status, 301) << fields;
  }
}

TEST_F(Conformance, AnEmptyFileIsGivenWholeToWhoAsksForAPartOfIt) {
  for (const char* range : {"bytes=0-", "bytes=-5", "bytes=0-499", "bytes=5-"}) {
    ask("GET /empty.txt", std::string("Range: ") + range + "\r\n");
    EXPECT_EQ(reply.status, 200) << range;
    EXPECT_EQ(reply.length, 0U);
    EXPECT_EQ(field_of(reply, "Content-Range"), "");
  }
}

TEST_F(Conformance, SeveralPartsAreAMultipartBody) {  // §14.6, §15.3.7.2
  ask("GET /a.txt", "Range: bytes=0-4,500-502,-2\r\n");
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(field_of(reply, "Content-Range"), "") << "of the parts alone";
  const std::string type = field_of(reply, "Content-Type");
  const std::string kind = "multipart/byteranges; boundary=";
  ASSERT_TRUE(type.starts_with(kind)) << type;
  const std::string boundary = type.substr(kind.size());
  EXPECT_GE(boundary.size(), 16U);
  const std::string part_type = "Content-Type: text/plain; charset=utf-8\r\n";
  EXPECT_EQ(reply.body, "\r\n--" + boundary + "\r\n" + part_type +
                            "Content-Range: bytes 0-4/1000\r\n\r\n01234"
                            "\r\n--" +
                            boundary + "\r\n" + part_type +
                            "Content-Range: bytes 500-502/1000\r\n\r\n012"
                            "\r\n--" +
                            boundary + "\r\n" + part_type +
                            "Content-Range: bytes 998-999/1000\r\n\r\n89"
                            "\r\n--" +
                            boundary + "--\r\n");
  EXPECT_EQ(reply.length, reply.body.size());
  EXPECT_EQ(field_of(reply, "ETag"), TAG);
  ask("GET /a.txt", "Range: bytes=0-4,500-502,-2\r\n");
  EXPECT_NE(field_of(reply, "Content-Type"), type) << "nobody can foresee the boundary";
}

TEST_F(Conformance, AFileOfTheFutureWasModifiedNow) {  // §8.8.2.1
  FileQuery query{.site = &site, .now = 784111777 - 10};
  ASSERT_EQ(decode_path("/a.txt", query.path), PathFault::kNone);
  look_up(volume, query, {}, reply, trouble);
  EXPECT_EQ(field_of(reply, "Last-Modified"), "Sun, 06 Nov 1994 08:49:27 GMT");
}

}  // namespace
}  // namespace bramble
