// SPDX-License-Identifier: Apache-2.0
#include "balance/remainder.hh"

#include <gtest/gtest.h>

namespace bramble::balance {
namespace {

using namespace std::chrono_literals;

http::ResponseHead head_of(const std::string& text) {
  http::ResponseHead head;
  EXPECT_EQ(http::parse_response_head(text, 0, {}, head).outcome, http::HeadParse::Outcome::kDone)
      << text;
  return head;
}

// The texts outlive the heads, which are views.
bool takes(Remainder& remainder, const std::string& text, std::chrono::seconds settle = 2s) {
  return remainder.take(head_of(text), settle);
}
bool fits(const Remainder& remainder, std::uint64_t delivered, const std::string& text) {
  return remainder.is_part(head_of(text), delivered, remainder.bytes());
}

const std::string kWhole = "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 900\r\n\r\n";
const std::string kPart =
    "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 9-99/900\r\n"
    "Content-Length: 91\r\n\r\n";

TEST(Remainder, IsKnownOfAnswersThatNameTheirBytes) {
  Remainder remainder;
  EXPECT_TRUE(takes(remainder, kWhole));
  EXPECT_TRUE(takes(remainder, kPart));
  EXPECT_TRUE(takes(remainder, "HTTP/1.1 200 OK\r\nETag: \"\"\r\nContent-Length: 1\r\n\r\n"));
  for (const char* text : {
           "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: W/\"a\"\r\nContent-Length: 900\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: a\r\nContent-Length: 900\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: \"\r\nContent-Length: 900\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: \"a\"b\"\r\nContent-Length: 900\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nETag: \"b\"\r\nContent-Length: 900\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nAccept-Ranges: none\r\nContent-Length: 9\r\n\r\n",
           "HTTP/1.1 404 Not Found\r\nETag: \"a\"\r\nContent-Length: 900\r\n\r\n",
           "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Length: 900\r\n\r\n",
           "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 9-99/*\r\n"
           "Content-Length: 91\r\n\r\n",
           "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 9-99/900\r\n"
           "Content-Length: 90\r\n\r\n",
           "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Encoding: br\r\nContent-Encoding: gzip\r\n"
           "Content-Length: 900\r\n\r\n",
       }) {
    EXPECT_FALSE(takes(remainder, text)) << text;
    EXPECT_FALSE(remainder.known()) << text;
  }
}

TEST(Remainder, IsNotKnownOfWhatWasJustModified) {
  Remainder remainder;
  const std::string answer =
      "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nDate: Mon, 23 Nov 2026 10:00:01 GMT\r\n"
      "Last-Modified: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Length: 9\r\n\r\n";
  EXPECT_FALSE(takes(remainder, answer, 2s));
  EXPECT_TRUE(takes(remainder, answer, 1s));
  EXPECT_TRUE(takes(remainder, answer, 0s));
}

TEST(Remainder, OfAWholeIsWhatIsMissingToTheByte) {
  Remainder remainder;
  ASSERT_TRUE(takes(remainder, kWhole));
  const auto answer = [](const char* range, const char* etag, int length, const char* more = "") {
    return std::string("HTTP/1.1 206 Partial Content\r\nContent-Range: ") + range +
           "\r\nETag: " + etag + "\r\nContent-Length: " + std::to_string(length) + "\r\n" + more +
           "\r\n";
  };
  EXPECT_TRUE(fits(remainder, 50, answer("bytes 50-899/900", "\"a\"", 850)));
  EXPECT_TRUE(fits(remainder, 0, answer("bytes 0-899/900", "\"a\"", 900)));
  EXPECT_TRUE(fits(remainder, 899, answer("bytes 899-899/900", "\"a\"", 1)));
  EXPECT_FALSE(fits(remainder, 50, kWhole)) << "the whole is not the rest";
  EXPECT_FALSE(fits(remainder, 0, kWhole));
  EXPECT_FALSE(fits(remainder, 50, answer("bytes 51-899/900", "\"a\"", 849)));
  EXPECT_FALSE(fits(remainder, 50, answer("bytes 49-899/900", "\"a\"", 851)));
  EXPECT_FALSE(fits(remainder, 50, answer("bytes 50-898/900", "\"a\"", 849)));
  EXPECT_FALSE(fits(remainder, 50, answer("bytes 50-899/901", "\"a\"", 850)));
  EXPECT_FALSE(fits(remainder, 50, answer("bytes 50-899/900", "\"a\"", 849)));
  EXPECT_FALSE(fits(remainder, 50, answer("bytes 50-899/900", "\"b\"", 850)));
  EXPECT_FALSE(fits(remainder, 50, answer("bytes 50-899/900", "W/\"a\"", 850)));
  EXPECT_FALSE(fits(remainder, 50, answer("bytes 50-899/*", "\"a\"", 850)));
  EXPECT_FALSE(
      fits(remainder, 50, answer("bytes 50-899/900", "\"a\"", 850, "Content-Encoding: gzip\r\n")));
  EXPECT_FALSE(fits(remainder, 50,
                    answer("bytes 50-899/900", "\"a\"", 850, "Content-Range: bytes 1-2/3\r\n")));
}

TEST(Remainder, IsOfTheSameRepresentation) {
  const auto whole = [](const std::string& more) {
    return "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 900\r\n" + more + "\r\n";
  };
  const auto rest = [](const std::string& more) {
    return "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 50-899/900\r\n"
           "Content-Length: 850\r\n" +
           more + "\r\n";
  };
  struct Case {
    std::string of, told;
    bool fits;
  };
  const std::string vary = "Vary: Accept-Encoding\r\n", html = "Content-Type: text/html\r\n",
                    english = "Content-Language: en\r\n";
  for (const Case& c : {
           Case{vary, vary, true},
           {vary, "vary: accept-encoding\r\n", true},
           {vary, "", false},
           {"", vary, false},
           {vary, "Vary: Accept-Language\r\n", false},
           {vary + "Vary: Origin\r\n", "Vary: Accept-Encoding, Origin\r\n", true},
           {vary + "Vary: Origin\r\n", vary, false},
           {html + english, "", true},
           {"", html + english, true},
           {html, "Content-Type: text/plain\r\n", false},
           {english, "Content-Language: de\r\n", false},
           {html + english, html + english, true},
       }) {
    Remainder remainder;
    const std::string text = whole(c.of);
    ASSERT_TRUE(takes(remainder, text));
    EXPECT_EQ(fits(remainder, 50, rest(c.told)), c.fits) << c.of << "and " << c.told;
  }
}

TEST(Remainder, OfAPartEndsWhereThePartDid) {
  Remainder remainder;
  ASSERT_TRUE(takes(remainder, kPart));
  EXPECT_TRUE(fits(remainder, 50,
                   "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 59-99/900"
                   "\r\nContent-Length: 41\r\n\r\n"));
  EXPECT_FALSE(fits(remainder, 50,
                    "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes "
                    "59-899/900\r\nContent-Length: 841\r\n\r\n"));
}

TEST(Remainder, AsksForItInPlaceOfWhatWasAskedFor) {
  Remainder remainder;
  ASSERT_TRUE(takes(remainder, kPart));
  std::string head =
      "GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=9-99\r\nif-none-match: \"b\"\r\n"
      "If-Modified-Since: x\r\nAccept-Encoding: br\r\nRanges: y\r\nIF-RANGE: \"a\"\r\n\r\n";
  remainder.ask_for_part(head, 50, remainder.bytes());
  EXPECT_EQ(head,
            "GET /a HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\nRanges: y\r\n"
            "Range: bytes=59-99\r\nIf-Match: \"a\"\r\nIf-Range: \"a\"\r\n\r\n");
  remainder.ask_for_part(head, 60, remainder.bytes());
  EXPECT_EQ(head,
            "GET /a HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\nRanges: y\r\n"
            "Range: bytes=69-99\r\nIf-Match: \"a\"\r\nIf-Range: \"a\"\r\n\r\n");
}

}  // namespace
}  // namespace bramble::balance
