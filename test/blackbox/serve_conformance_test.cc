// SPDX-License-Identifier: Apache-2.0
// What RFC 9110 asks of a server of files where it is asked conditionally (§13) or for ranges
// (§14): a row a rule, in the order of the text.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "serve_fixture.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kFile = "/docs/a%20b.txt";
constexpr const char* kContent = "0123456789";
constexpr const char* kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kThen = "Sun, 06 Nov 1994 08:49:37 GMT";  // when the file was changed
constexpr const char* kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";
constexpr timespec kThenTime = {.tv_sec = 784111777, .tv_nsec = 0};

struct Row {
  const char* section;
  std::string fields;  // a line each; "TAG" is the file's entity tag
  int status = 200;
  std::string body = {};
  const char* method = "GET";
  const char* target = kFile;
};

std::string with_tag(std::string fields, const std::string& tag) {
  for (std::size_t at; (at = fields.find("TAG")) != std::string::npos;) fields.replace(at, 3, tag);
  return fields;
}

class ConformanceTest : public ServeTest {
 protected:
  ConformanceTest() {
    const timespec times[] = {kThenTime, kThenTime};
    EXPECT_EQ(::utimensat(AT_FDCWD, (site.path() + "/docs/a b.txt").c_str(), times, 0), 0);
  }

  void check(const std::vector<Row>& rows) {
    start();
    const RawAnswer plain = get(kFile);
    const std::string tag = plain.field("ETag");
    ASSERT_THAT(tag, StartsWith("\"")) << "strong";
    ASSERT_EQ(plain.field("Last-Modified"), kThen);
    for (const Row& row : rows) {
      SCOPED_TRACE(std::string("§") + row.section + ": " + row.method + " " + row.target + "\n" +
                   row.fields);
      const RawAnswer answer =
          RawClient(port).ask(request(row.method, row.target, with_tag(row.fields, tag)));
      EXPECT_EQ(answer.status(), row.status);
      EXPECT_THAT(answer.field("Date"), testing::EndsWith(" GMT"));
      if (!row.body.empty()) {
        EXPECT_EQ(answer.body, row.body);
      }
      if (row.status == 200 || row.status == 206 || row.status == 304) {
        if (row.target != std::string(kFile)) continue;
        EXPECT_EQ(answer.field("ETag"), tag) << "§15.4.5, §15.3.7";
        EXPECT_EQ(answer.field("Last-Modified"), kThen) << "§8.8.2.1";
      }
      if (row.status == 304) {
        EXPECT_EQ(answer.body, "") << "§15.4.5";
      }
      if (row.status == 416) {
        EXPECT_EQ(answer.field("Content-Range"), "bytes */10") << "§15.5.17";
      }
    }
  }
};

std::string line(const std::string& name, const std::string& value) {
  return name + ": " + value + "\r\n";
}
std::string range(const std::string& value) { return line("Range", value); }

TEST_F(ConformanceTest, Conditions) {
  const std::string rfc850 = "Sunday, 06-Nov-94 08:49:37 GMT", asctime = "Sun Nov  6 08:49:37 1994";
  check({
      {"13.1.1", line("If-Match", "*")},
      {"13.1.1", line("If-Match", "TAG")},
      {"13.1.1", line("If-Match", "\"x\", TAG")},
      {"13.1.1", line("If-Match", "\"x\"") + line("If-Match", "TAG")},  // §5.3: one list
      {"13.1.1", line("If-Match", "\"x\""), 412},
      {"13.1.1", line("If-Match", "W/TAG"), 412},  // §8.8.3.2: strongly
      {"13.1.2", line("If-None-Match", "*"), 304},
      {"13.1.2", line("If-None-Match", "TAG"), 304},
      {"13.1.2", line("If-None-Match", "W/TAG"), 304},  // weakly
      {"13.1.2", line("If-None-Match", "\"x\", \"y\" , TAG"), 304},
      {"13.1.2", line("If-None-Match", "TAG"), 304, "", "HEAD"},
      {"13.1.2", line("If-None-Match", "\"x\""), 200, kContent},
      {"13.1.3", line("If-Modified-Since", kThen), 304},
      {"13.1.3", line("If-Modified-Since", kAfter), 304},
      {"13.1.3", line("If-Modified-Since", kThen), 304, "", "HEAD"},
      {"13.1.3", line("If-Modified-Since", kBefore), 200, kContent},
      {"13.1.3", line("If-Modified-Since", "yesterday"), 200, kContent},
      {"13.1.3", line("If-Modified-Since", kThen), 204, "", "OPTIONS"},
      {"13.1.3", line("If-Modified-Since", rfc850), 304},   // §5.6.7: a recipient
      {"13.1.3", line("If-Modified-Since", asctime), 304},  // takes all three
      {"13.1.3", line("If-Modified-Since", kThen) + line("If-None-Match", "\"x\""), 200, kContent},
      {"13.1.4", line("If-Unmodified-Since", kThen)},
      {"13.1.4", line("If-Unmodified-Since", kAfter)},
      {"13.1.4", line("If-Unmodified-Since", kBefore), 412},
      {"13.1.4", line("If-Unmodified-Since", "yesterday")},
      {"13.1.4", line("If-Unmodified-Since", kBefore) + line("If-Match", "TAG")},
      {"13.1.5", range("bytes=0-1") + line("If-Range", "TAG"), 206, "01"},
      {"13.1.5", range("bytes=0-1") + line("If-Range", "\"x\""), 200, kContent},
      {"13.1.5", range("bytes=0-1") + line("If-Range", "W/TAG"), 200, kContent},
      {"13.1.5", range("bytes=0-1") + line("If-Range", kThen), 206, "01"},
      {"13.1.5", range("bytes=0-1") + line("If-Range", kBefore), 200, kContent},
      {"13.1.5", range("bytes=0-1") + line("If-Range", kAfter), 200, kContent},
      {"13.1.5", line("If-Range", "\"x\""), 200, kContent},
      {"13.1.5", range("bytes=10-") + line("If-Range", "\"x\""), 200, kContent},
      {"13.1.5", range("bytes=10-") + line("If-Range", "TAG"), 416},
      {"13.2.1", line("If-Match", "\"x\""), 404, "", "GET", "/docs/none"},
      {"13.2.1", line("If-None-Match", "*"), 404, "", "GET", "/docs/none"},
      {"13.2.1", line("If-Match", "\"x\""), 301, "", "GET", "/docs"},
      {"13.2.1", line("If-Match", "\"x\""), 405, "", "DELETE"},
      {"13.2.2", line("If-Match", "\"x\"") + line("If-None-Match", "TAG"), 412},
      {"13.2.2", line("If-Match", "TAG") + line("If-None-Match", "TAG"), 304},
      {"13.2.2", line("If-Unmodified-Since", kBefore) + line("If-None-Match", "TAG"), 412},
      {"13.2.2", line("If-Unmodified-Since", kThen) + line("If-Modified-Since", kThen), 304},
      {"13.2.2", range("bytes=0-1") + line("If-None-Match", "TAG"), 304},
      {"13.2.2", range("bytes=0-1") + line("If-Match", "\"x\""), 412},
      {"13.2.2", range("bytes=10-") + line("If-None-Match", "TAG"), 304},
      {"13.2.2",
       range("bytes=0-1") + line("If-Match", "TAG") + line("If-Range", "TAG") +
           line("If-None-Match", "\"x\""),
       206, "01"},
  });
}

TEST_F(ConformanceTest, Ranges) {
  check({
      {"14.1", range("lines=0-1"), 200, kContent},  // an unknown unit
      {"14.1", range("BYTES=0-1"), 206, "01"},      // units are case-insensitive
      {"14.1.1", range("bytes=0-0"), 206, "0"},
      {"14.1.1", range("bytes=8-8,"), 206, "8"},  // §5.6.1.2: empty elements
      {"14.1.1", range("bytes= 0-1"), 206, "01"},
      {"14.1.1", range("bytes=1-0"), 200, kContent},  // invalid
      {"14.1.1", range("bytes=0-1,4-3"), 200, kContent},
      {"14.1.1", range("bytes=a-b"), 200, kContent},
      {"14.1.1", range("bytes="), 200, kContent},
      {"14.1.2", range("bytes=2-4"), 206, "234"},
      {"14.1.2", range("bytes=9-"), 206, "9"},
      {"14.1.2", range("bytes=0-"), 206, kContent},
      {"14.1.2", range("bytes=5-100"), 206, "56789"},
      {"14.1.2", range("bytes=-3"), 206, "789"},
      {"14.1.2", range("bytes=-100"), 206, kContent},
      {"14.1.2", range("bytes=0-99999999999999999999999"), 206, kContent},
      {"14.1.2", range("bytes=10-"), 416},
      {"14.1.2", range("bytes=10-20,30-"), 416},
      {"14.1.2", range("bytes=-0"), 416},
      {"14.1.2", range("bytes=9-9,10-20"), 206, "9"},  // one of them can be given
      {"14.2", range("bytes=0-1"), 200, "", "HEAD"},   // for GET alone
      {"14.2", range("bytes=0-1"), 204, "", "OPTIONS"},
      {"14.2", range("bytes=0-1"), 404, "", "GET", "/docs/none"},
      {"14.2", range("bytes=0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0"), 206, "0"},  // joined
  });
}

TEST_F(ConformanceTest, WhatAPartialAnswerCarries) {
  start();
  EXPECT_EQ(get(kFile).field("Accept-Ranges"), "bytes") << "§14.3";
  const RawAnswer one = get(kFile, range("bytes=2-4"));
  EXPECT_EQ(one.field("Content-Range"), "bytes 2-4/10") << "§14.4";
  EXPECT_EQ(one.field("Content-Length"), "3") << "§8.6";
  EXPECT_EQ(one.field("Content-Type"), get(kFile).field("Content-Type"));
  const std::string far = std::to_string(kLargeBytes - 1000);
  const RawAnswer two = get("/large.bin", range("bytes=0-1," + far + "-" + far));
  EXPECT_EQ(two.status(), 206);
  EXPECT_THAT(two.field("Content-Type"), StartsWith("multipart/byteranges; boundary=")) << "§14.6";
  EXPECT_EQ(two.field("Content-Range"), "") << "§15.3.7.2: in the parts alone";
  EXPECT_THAT(two.body, HasSubstr("Content-Range: bytes 0-1/"));
  EXPECT_THAT(two.body, HasSubstr("Content-Range: bytes " + far + "-" + far + "/"));
  EXPECT_THAT(get(kFile, range("bytes=99-")).body, Not(HasSubstr(kContent)));
}

}  // namespace
}  // namespace bramble::test
