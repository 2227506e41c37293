// SPDX-License-Identifier: Apache-2.0
// `bramble serve DIR` as its visitors and operators see it.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/file.hh"
#include "serve_fixture.hh"

namespace bramble::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(ServeTest, AFileComesWithItsTypeItsValidatorsAndTheNodesName) {
  start();
  const RawAnswer answer = get("/docs/a%20b.txt");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, "0123456789");
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.field("Content-Length"), "10");
  EXPECT_EQ(answer.field("X-Served-By"), "node-under-test");
  EXPECT_EQ(answer.field("Accept-Ranges"), "bytes");
  EXPECT_EQ(answer.field("Server"), "bramble");
  EXPECT_THAT(answer.field("ETag"), StartsWith("\""));
  EXPECT_THAT(answer.field("Last-Modified"), EndsWith(" GMT"));
  EXPECT_THAT(answer.field("Date"), EndsWith(" GMT"));
}

TEST_F(ServeTest, AFolderIsItsIndexAndIsAddressedWithASlash) {
  start();
  EXPECT_EQ(get("/").body, "<h1>home</h1>");
  EXPECT_EQ(get("/docs/").body, "docs");
  const RawAnswer moved = get("/docs?a=b");
  EXPECT_EQ(moved.status(), 301);
  EXPECT_EQ(moved.field("Location"), "/docs/?a=b");
  EXPECT_EQ(get("/empty/").status(), 404);
  EXPECT_EQ(get("/docs/a%20b.txt/").status(), 404);
}

TEST_F(ServeTest, HeadIsGetWithoutTheBody) {
  start();
  for (const char* target : {"/docs/a%20b.txt", "/large.bin", "/none", "/docs"}) {
    const RawAnswer full = get(target);
    RawClient client(port);
    const RawAnswer head = client.send(request("HEAD", target)).answer(true);
    EXPECT_EQ(head.status(), full.status()) << target;
    EXPECT_EQ(head.field("Content-Length"), full.field("Content-Length")) << target;
    EXPECT_EQ(head.field("ETag"), full.field("ETag"));
    EXPECT_EQ(client.ask(request("GET", "/docs/")).body, "docs") << "nothing followed the head";
  }
}

TEST_F(ServeTest, OtherMethodsAreNotAllowed) {
  start();
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "FOO"}) {
    const RawAnswer answer = RawClient(port).ask(request(method, "/"));
    EXPECT_EQ(answer.status(), 405) << method;
    EXPECT_EQ(answer.field("Allow"), "GET, HEAD, OPTIONS");
  }
  EXPECT_EQ(RawClient(port).ask("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n").status(), 405);
  const RawAnswer options = RawClient(port).ask(request("OPTIONS", "*"));
  EXPECT_EQ(options.status(), 204);
  EXPECT_EQ(options.field("Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ServeTest, ConditionalRequestsSpareTheBody) {
  start();
  const RawAnswer first = get("/large.bin");
  ASSERT_TRUE(first.body == large_content);
  const std::string etag = first.field("ETag"), modified = first.field("Last-Modified");
  for (const std::string& fields :
       {"If-None-Match: " + etag, "If-None-Match: \"x\", W/" + etag,
        std::string("If-None-Match: *"), "If-Modified-Since: " + modified}) {
    const RawAnswer again = get("/large.bin", fields + "\r\n");
    EXPECT_EQ(again.status(), 304) << fields;
    EXPECT_EQ(again.field("ETag"), etag);
    EXPECT_EQ(again.body, "");
  }
  EXPECT_EQ(get("/large.bin", "If-None-Match: \"x\"\r\n").status(), 200);
  EXPECT_EQ(get("/large.bin", "If-Match: \"x\"\r\n").status(), 412);
  EXPECT_EQ(get("/large.bin", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status(),
            412);

  site.write("large.bin", "new");
  const RawAnswer changed = get("/large.bin", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(changed.status(), 200);
  EXPECT_EQ(changed.body, "new");
  EXPECT_NE(changed.field("ETag"), etag);
}

TEST_F(ServeTest, ARangeIsServed) {
  start();
  const auto part = [&](const std::string& target, const std::string& fields) {
    return get(target, fields);
  };
  RawAnswer answer = part("/docs/a%20b.txt", "Range: bytes=2-4\r\n");
  EXPECT_EQ(answer.status(), 206);
  EXPECT_EQ(answer.body, "234");
  EXPECT_EQ(answer.field("Content-Range"), "bytes 2-4/10");
  answer = part("/large.bin", "Range: bytes=1000000-\r\n");
  EXPECT_TRUE(answer.body == large_content.substr(1'000'000));
  answer = part("/large.bin", "Range: bytes=-100000\r\n");
  EXPECT_TRUE(answer.body == large_content.substr(large_content.size() - 100'000));
  answer = part("/docs/a%20b.txt", "Range: bytes=10-\r\n");
  EXPECT_EQ(answer.status(), 416);
  EXPECT_EQ(answer.field("Content-Range"), "bytes */10");
  answer = part("/docs/a%20b.txt", "Range: bytes=0-1,3-4\r\n");
  EXPECT_EQ(answer.status(), 206) << "too near to be worth two parts";
  EXPECT_EQ(answer.body, "01234");

  const std::string etag = get("/large.bin").field("ETag");
  EXPECT_EQ(part("/large.bin", "Range: bytes=0-1\r\nIf-Range: " + etag + "\r\n").status(), 206);
  EXPECT_EQ(part("/large.bin", "Range: bytes=0-1\r\nIf-Range: \"old\"\r\n").status(), 200);
}

TEST_F(ServeTest, SeveralRangesAreServedAsParts) {
  start();
  const RawAnswer small = get("/large.bin", "Range: bytes=0-99,5000-5099\r\n");
  EXPECT_EQ(small.status(), 206);
  EXPECT_THAT(small.field("Content-Type"), StartsWith("multipart/byteranges; boundary="));
  EXPECT_THAT(small.body, HasSubstr("\r\n\r\n" + large_content.substr(0, 100) + "\r\n--"));
  EXPECT_THAT(small.body, HasSubstr("\r\n\r\n" + large_content.substr(5000, 100) + "\r\n--"));

  constexpr std::size_t kPart = 5'000'000;
  const RawAnswer large = get("/large.bin", "Range: bytes=0-4999999,20000000-24999999\r\n");
  EXPECT_EQ(large.status(), 206);
  EXPECT_TRUE(large.whole);
  const std::string size = std::to_string(large_content.size());
  const std::string second = "Content-Range: bytes 20000000-24999999/" + size + "\r\n\r\n";
  const std::size_t first_begin = large.body.find("\r\n\r\n") + 4;
  const std::size_t second_begin = large.body.find(second, first_begin + kPart) + second.size();
  EXPECT_TRUE(large.body.substr(first_begin, kPart) == large_content.substr(0, kPart));
  EXPECT_TRUE(large.body.substr(second_begin, kPart) == large_content.substr(20'000'000, kPart));
  EXPECT_EQ(get("/").body, "<h1>home</h1>");
}

TEST_F(ServeTest, ABodyThatNobodyAskedForIsRefusedEarly) {
  start();
  RawClient waiting(port);
  RawAnswer answer =
      waiting.ask(request("POST", "/", "Content-Length: 1000000\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(answer.status(), 405) << "before any byte of the body";
  EXPECT_EQ(answer.field("Connection"), "close");
  answer = RawClient(port).ask(request("PUT", "/a", "Content-Length: 1000000000\r\n") + "begun");
  EXPECT_EQ(answer.status(), 405);
  EXPECT_EQ(answer.field("Connection"), "close");
  RawClient small(port);
  answer = small.ask(request("POST", "/", "Content-Length: 5\r\n") + "hello");
  EXPECT_EQ(answer.status(), 405);
  EXPECT_EQ(small.ask(request("GET", "/docs/")).body, "docs") << "a small one is passed over";
}

TEST_F(ServeTest, NoPathLeadsOutOfTheFolder) {
  start();
  ASSERT_EQ(
      ::symlink((outside.path() + "/secret.txt").c_str(), (site.path() + "/link.txt").c_str()), 0);
  ASSERT_EQ(::symlink(outside.path().c_str(), (site.path() + "/linked").c_str()), 0);
  ASSERT_EQ(::symlink("../..", (site.path() + "/docs/up").c_str()), 0);
  ASSERT_EQ(::symlink("/", (site.path() + "/root").c_str()), 0);
  const std::string name = outside.path().substr(5);  // behind "/tmp/"
  for (const std::string& target :
       std::vector<std::string>{"/../" + name + "/secret.txt",
                                "/docs/../../" + name + "/secret.txt",
                                "/%2e%2e/" + name + "/secret.txt",
                                "/..%2f" + name + "%2fsecret.txt",
                                "/%2e%2e%2f" + name + "/secret.txt",
                                "/.%2e/" + name + "/secret.txt",
                                "//../" + name + "/secret.txt",
                                "/docs/..//../" + name + "/secret.txt",
                                "/%252e%252e/" + name + "/secret.txt",
                                "/..%5c" + name + "/secret.txt",
                                "/..\\" + name + "\\secret.txt",
                                "/link.txt",
                                "/linked/secret.txt",
                                "/docs/up/" + name + "/secret.txt",
                                "/root" + outside.path() + "/secret.txt",
                                outside.path() + "/secret.txt",
                                "http://test/../" + name + "/secret.txt",
                                "/docs/%00/../../" + name + "/secret.txt",
                                "/.git/config",
                                "/docs/.htaccess",
                                "/%2egit/config",
                                "/docs/%2ehtaccess",
                                "/docs//.htaccess",
                                "/.git//config",
                                "/%c0%ae%c0%ae/" + name + "/secret.txt",
                                "/docs/index.html/../../.git/config",
                                "/.well-known/../.git/config",
                                "/.well-known/%2e%2e/.git/config"}) {
    const RawAnswer answer = get(target);
    EXPECT_THAT(answer.status(), ::testing::AnyOf(400, 403, 404)) << target;
    EXPECT_THAT(answer.body, Not(HasSubstr(kSecret))) << target;
  }
  EXPECT_EQ(get("/.well-known/acme-challenge/token").body, "proof");
}

TEST_F(ServeTest, ASymlinkInsideTheFolderIsFollowed) {
  start();
  ASSERT_EQ(::symlink("docs", (site.path() + "/manual").c_str()), 0);
  EXPECT_EQ(get("/manual/").body, "docs");
}

TEST_F(ServeTest, WhatIsNoFileIsNotWaitedFor) {
  start();
  ASSERT_EQ(::mkfifo((site.path() + "/pipe").c_str(), 0644), 0);
  EXPECT_EQ(get("/pipe").status(), 403);
  EXPECT_EQ(get("/none.html").status(), 404);
}

TEST_F(ServeTest, BadRequestsAreRefusedAndTheConnectionClosed) {
  start();
  const auto refused = [&](const std::string& bytes, int status) {
    RawClient client(port);
    const RawAnswer answer = client.ask(bytes);
    EXPECT_EQ(answer.status(), status) << bytes.substr(0, 80);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(answer.field("X-Served-By"), "node-under-test");
    EXPECT_EQ(client.rest(), "") << "nothing behind it was answered";
    EXPECT_EQ(client.end(), End::kClosed);
  };
  const std::string next = request("GET", "/");
  refused("GARBAGE\r\n\r\n" + next, 400);
  refused("GET / HTTP/1.1\r\n\r\n" + next, 400);
  refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + next, 400);
  refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n" + next, 400);
  refused("GET / HTTP/1.1\nHost: a\n\n" + next, 400);
  refused(
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + next,
      400);
  refused("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + next, 501);
  refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n" + next, 505);
  refused("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414);
  refused("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(20'000, 'b') + "\r\n\r\n", 431);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  refused(many + "\r\n", 431);
}

TEST_F(ServeTest, RequestsOnOneConnectionAreAnsweredInOrder) {
  start();
  RawClient client(port);
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += request("GET", i % 2 == 0 ? "/docs/" : "/docs/a%20b.txt",
                        "Range: bytes=0-" + std::to_string(i / 2 % 10) + "\r\n");
  client.send(requests + request("GET", "/large.bin") + request("GET", "/none"));
  for (int i = 0; i < 50; ++i) {
    const std::string whole = i % 2 == 0 ? "docs" : "0123456789";
    EXPECT_EQ(client.answer().body, whole.substr(0, static_cast<std::size_t>(i / 2 % 10 + 1))) << i;
  }
  EXPECT_TRUE(client.answer().body == large_content);
  EXPECT_EQ(client.answer().status(), 404);
}

TEST_F(ServeTest, AnOldVisitorIsAnsweredAndTheConnectionClosed) {
  start();
  RawClient client(port);
  const RawAnswer answer = client.ask("GET /docs/ HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.body, "docs");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_EQ(client.end(), End::kClosed);
}

TEST_F(ServeTest, AFileRewrittenUnderItsReaderIsNotTakenForWhole) {
  start();
  RawClient client(port);
  client.send(request("GET", "/large.bin"));
  client.bytes(1000);
  site.write("large.bin", std::string(large_content.size(), '!'));
  client.rest();
  EXPECT_EQ(client.end(), End::kReset);
}

}  // namespace
}  // namespace bramble::test
