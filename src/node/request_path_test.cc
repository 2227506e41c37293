// SPDX-License-Identifier: Apache-2.0
#include "node/request_path.hh"

#include <gtest/gtest.h>

namespace bramble {
namespace {

std::string name_of(const char* path) {
  RequestPath to;
  EXPECT_EQ(decode_path(path, to), PathFault::kNone) << path;
  return to.name + (to.folder ? " (folder)" : "");
}

PathFault fault_of(std::string_view path) {
  RequestPath to;
  return decode_path(path, to);
}

TEST(RequestPath, IsDecodedOnce) {
  EXPECT_EQ(name_of("/"), " (folder)");
  EXPECT_EQ(name_of("/a.html"), "a.html");
  EXPECT_EQ(name_of("/a/b/"), "a/b (folder)");
  EXPECT_EQ(name_of("//a///b"), "a/b");
  EXPECT_EQ(name_of("/b%C3%BCcher/a%20b+c"),
            "b\xc3\xbc"
            "cher/a b+c");
  EXPECT_EQ(name_of("/%252e%252e/x"), "%2e%2e/x");
  EXPECT_EQ(name_of("/a..b/c...."), "a..b/c....");
  EXPECT_EQ(name_of("/a\\b"), "a\\b");
  EXPECT_EQ(name_of("/%61"), "a");
}

TEST(RequestPath, AWayUpIsMalformedHoweverItIsWritten) {
  for (const char* path :
       {"/..", "/../", "/../a", "/a/..", "/a/../../b", "/a/../b", "/%2e%2e/a", "/%2E%2e/a",
        "/.%2e/a", "/%2e./a", "/a/%2e%2e", "//..//a", "/.", "/./a", "/a/%2e/b", "/.git/../a"})
    EXPECT_EQ(fault_of(path), PathFault::kMalformed) << path;
}

TEST(RequestPath, AnEscapeThatIsNoneOrHidesASeparatorIsMalformed) {
  for (const char* path : {"/%", "/%2", "/%zz", "/a%2", "/a%2Fb", "/..%2fa", "/%2f", "/a%00",
                           "/%00", "/a%2g", "/%%41", "/% 41"})
    EXPECT_EQ(fault_of(path), PathFault::kMalformed) << path;
}

TEST(RequestPath, NamesWithADotAreHiddenSaveWellKnownAtTheRoot) {
  for (const char* path :
       {"/.git/config", "/.htaccess", "/a/.b", "/a/.b/c", "/...", "/%2egit/config", "/.well-knownx",
        "/a/.well-known/x", "/.well-known/.x", "/.WELL-KNOWN/x", "/.bramble/heartbeat"})
    EXPECT_EQ(fault_of(path), PathFault::kHidden) << path;
  EXPECT_EQ(name_of("/.well-known/acme-challenge/x"), ".well-known/acme-challenge/x");
  EXPECT_EQ(name_of("/%2ewell-known/x"), ".well-known/x");
}

TEST(RequestPath, ANameIsWrittenSoThatItCanBeNothingElse) {
  EXPECT_EQ(encode_path(""), "/");
  EXPECT_EQ(encode_path("a/b c"), "/a/b%20c");
  EXPECT_EQ(encode_path("a?b#c%\r\n\"<"), "/a%3Fb%23c%25%0D%0A%22%3C");
  EXPECT_EQ(encode_path("b\xc3\xbc"
                        "cher"),
            "/b%C3%BCcher");
}

}  // namespace
}  // namespace bramble
