// SPDX-License-Identifier: Apache-2.0
// Requests made to be seen differently by two servers. What is refused never reaches a backend;
// what goes through reaches it as exactly one reading. More in balance_strict_test.cc.
#include "balance_fixture.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

const std::string kInner = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

// Lines that no POST may have, each with the status that it gets.
struct BadField {
  std::string line;
  int status = 400;
};

std::vector<BadField> bad_fields() {
  return {
      // lengths
      {"Content-Length: 1e1"},
      {"Content-Length: 5.0"},
      {"Content-Length: 0b1"},
      {"Content-Length: 0o5"},
      {"Content-Length: 1_0"},
      {"Content-Length: 5%20"},
      {"Content-Length: 5,6"},
      {"Content-Length: 5,"},
      {"Content-Length: ,5"},
      {"Content-Length: 5\t6"},
      {"Content-Length: -0"},
      {"Content-Length: +0"},
      {"Content-Length: 18446744073709551616"},
      {"Content-Length: 18446744073709551621"},
      {"Content-Length: 9223372036854775808"},
      {"Content-Length: \xef\xbc\x95"},
      {"Content-Length: 5\x0b"},
      {nul("Content-Length: 5", "")},
      {nul("Content-Length: ", "5")},
      {"Content-Length: (5)"},
      {"Content-Length: chunked"},
      {"Content-Length: 5\r\ncontent-length: 6"},
      {"CONTENT-LENGTH: 5\r\ncontent-length: 5"},
      {"Content-Length: 5\r\nX: y\r\nContent-Length: 5"},
      {"Content-Length: 5\r\nContent-Length:"},
      {"Content-Length:\r\nContent-Length: 5"},
      // codings
      {"Transfer-Encoding: chun ked"},
      {"Transfer-Encoding: chunkedchunked"},
      {"Transfer-Encoding: chunked\x0c"},
      {nul("Transfer-Encoding: chunked", "")},
      {"Transfer-Encoding: \xa0"
       "chunked"},
      {"Transfer-Encoding: 'chunked'"},
      {"Transfer-Encoding: cow"},
      {"Transfer-Encoding: cow, chunked", 501},
      {"Transfer-Encoding: deflate, chunked", 501},
      {"Transfer-Encoding: chunked, gzip"},
      {"Transfer-Encoding: chunked, "
       "identity, chunked"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow"},
      {"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding:"},
      {"Transfer-Encoding: chunked;ext=1"},
      {"Transfer-Encoding: ,"},
      {"Transfer-Encoding: gzip"},
      {"TRANSFER-ENCODING: chunked\r\nContent-Length: 0"},
      {"transfer-encoding: chunked\r\ncontent-length: 30"},
      {"Content-Length: 5\r\nTransfer-Encoding: identity"},
      {"Content-Length: 5\r\nTransfer-Encoding: cow"},
      {"Content-Length: 5\r\nTransfer-Encoding:"},
      // names
      {"Content-Length\t: 5"},
      {"Content Length: 5"},
      {"Content-Length;: 5"},
      {"\"Content-Length\": 5"},
      {"Content-Length\xa0: 5"},
      {"Transfer-Encoding\x0b: chunked"},
      {"(Transfer-Encoding): chunked"},
      {"X@: y"},
      {"X[]: y"},
      {"X/Y: z"},
      {"X=: y"},
      {"X"},
      {"\xef\xbb\xbfX: y"},
      {nul("X", ": y")},
      // folds and line ends
      {"X: y\r\n\tContent-Length: 5"},
      {"X:\r\n y"},
      {"X: y\r\n \r\nContent-Length: 5"},
      {"X: y\rContent-Length: 5"},
      {"X: y\n\nContent-Length: 5"},
      {"X: y\n Content-Length: 5"},
      {"X: y\r\r\nContent-Length: 5"},
      {"\nContent-Length: 5"},
      {"\rContent-Length: 5"},
      {"X: \x1b[2J"},
      {"X: \x08"},
      // hosts beside the one that is there
      {"Host: x"},
      {"host: y"},
      {"Host:"},
  };
}

TEST_F(BalanceTest, RefusesFieldsThatTwoServersCouldReadDifferently) {
  ScriptedBackend& a = backend("a");
  balance();
  for (const BadField& each : bad_fields()) {
    RawClient visitor = client();
    visitor.send("POST / HTTP/1.1\r\nHost: x\r\n" + each.line + "\r\n\r\nhello" + kInner);
    const RawAnswer answer = visitor.answer();
    EXPECT_EQ(answer.status(), each.status) << testing::PrintToString(each.line);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(visitor.end(), End::kClosed) << testing::PrintToString(each.line);
  }
  EXPECT_TRUE(a.requests().empty()) << a.requests().front();
}

struct BadStart {
  std::string bytes;
  int status = 400;
};

std::vector<BadStart> bad_starts() {
  const std::string host = "\r\nHost: x\r\n\r\n";
  return {
      {"GET\x0b/ HTTP/1.1" + host},
      {"GET /\tHTTP/1.1" + host},
      {"GET / HTTP/1.1\tx" + host},
      {"GET / HTTP/1.1 HTTP/1.0" + host},
      {"GET /smuggled HTTP/1.1 HTTP/1.1" + host},
      {"GET /\xc3\xa9 HTTP/1.1" + host},
      {"GET /a\x7f HTTP/1.1" + host},
      {nul("GET /a", " HTTP/1.1") + host},
      {"GET / HTTP/1" + host},
      {"GET / HTTP/11" + host},
      {"GET / HTTP/1.1.1" + host},
      {"GET / HTTP/01.1" + host},
      {"GET / HTTP/+1.1" + host},
      {"GET / HTTP/1,1" + host},
      {"GET / XHTTP/1.1" + host},
      {"GET / HTTPS/1.1" + host},
      {"GET / HTTP /1.1" + host},
      {"GET / HTTP/3.0" + host, 505},
      {"GET /" + host},
      {"GET" + host},
      {"GET HTTP/1.1" + host},
      {"/ HTTP/1.1" + host},
      {"GET  HTTP/1.1" + host},
      {"GET * HTTP/1.1" + host},
      {"POST * HTTP/1.1" + host},
      {"OPTIONS ** HTTP/1.1" + host},
      {"GET ?x HTTP/1.1" + host},
      {"GET x/ HTTP/1.1" + host},
      {"GET http:/x/ HTTP/1.1" + host},
      {"GET http:x HTTP/1.1" + host},
      {"GET https:// HTTP/1.1" + host},
      {"GET http://[::1 HTTP/1.1" + host},
      {"GET http://x:999999/ HTTP/1.1" + host},
      {"GET http://x\\@y/ HTTP/1.1" + host},
      {"GET http://x#y HTTP/1.1" + host},
      {"GET file:///etc/passwd HTTP/1.1" + host},
      {"GET gopher://x/ HTTP/1.1" + host},
      {"CONNECT / HTTP/1.1" + host},
      {"CONNECT http://x/ HTTP/1.1" + host},
      {"CONNECT x HTTP/1.1" + host, 501},
      {"{GET} / HTTP/1.1" + host},
      {"GET: / HTTP/1.1" + host},
      {"GE\xc7 / HTTP/1.1" + host},
      {nul("G", "ET / HTTP/1.1") + host},
      {"\n\nGET / HTTP/1.1" + host},
      {"\rGET / HTTP/1.1" + host},
      {"\r\n \r\nGET / HTTP/1.1" + host},
      {"GET / HTTP/1.1\r\r\nHost: x\r\n\r\n"},
      {"GET / HTTP/1.1\n\r\nHost: x\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x\r\n\n" + kInner},
      {"GET / HTTP/1.1\r\nHost: x\n\n" + kInner},
      {"GET / HTTP/1.1\r\nHost: x\r\n\r" + kInner},
      {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n" +
       kInner},
      // hosts
      {"GET / HTTP/1.1\r\nHost: x\ty\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: [zz]\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x:80:80\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x:-1\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x:8o\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x:123456\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: %zz\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x%\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x?y\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x#y\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x\\y\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: http://x\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: <x>\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: x\xff\r\n\r\n"},
      {"GET / HTTP/1.1\r\n\tHost: x\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n"},
      {"GET http://y/ HTTP/1.1\r\n\r\n"},
      {"GET http://y/ HTTP/1.1\r\nHost: x z\r\n\r\n"},
  };
}

TEST_F(BalanceTest, RefusesStartsThatTwoServersCouldReadDifferently) {
  ScriptedBackend& a = backend("a");
  balance();
  for (const BadStart& each : bad_starts()) {
    RawClient visitor = client();
    EXPECT_EQ(visitor.send(each.bytes).answer().status(), each.status)
        << testing::PrintToString(each.bytes);
    EXPECT_EQ(visitor.end(), End::kClosed) << testing::PrintToString(each.bytes);
  }
  EXPECT_TRUE(a.requests().empty()) << a.requests().front();
}

// The chunks of a request; what stands before the fault may have gone on, a whole request never.
TEST_F(BalanceTest, RefusesChunksThatTwoServersCouldReadDifferently) {
  ScriptedBackend& a = backend("a");
  balance();
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& chunks : {
           std::string(";a=b\r\n0\r\n\r\n"),
           std::string(" 5\r\nhello\r\n0\r\n\r\n"),
           std::string("+5\r\nhello\r\n0\r\n\r\n"),
           std::string("\t5\r\nhello\r\n0\r\n\r\n"),
           std::string("5\t\r\nhello\r\n0\r\n\r\n"),
           std::string("5 ;a\r\nhello\r\n0\r\n\r\n"),
           std::string("5h\r\nhello\r\n0\r\n\r\n"),
           std::string("5,5\r\nhello\r\n0\r\n\r\n"),
           std::string("5\r\rhello\r\n0\r\n\r\n"),
           std::string("5\n\nhello\r\n0\r\n\r\n"),
           std::string("5;a\nb\r\nhello\r\n0\r\n\r\n"),
           std::string("5;a\rb\r\nhello\r\n0\r\n\r\n"),
           std::string("5;\x7f\r\nhello\r\n0\r\n\r\n"),
           "5;" + std::string(300, 'a') + "\r\nhello\r\n0\r\n\r\n",
           nul("5", "\r\nhello\r\n0\r\n\r\n"),
           std::string("5\r\nhello\n0\r\n\r\n"),
           std::string("5\r\nhello\r0\r\n\r\n"),
           std::string("5\r\nhello0\r\n\r\n"),
           std::string("5\r\nhello\r\n\r\n0\r\n\r\n"),
           std::string("fffffffffffffffff\r\nhello"),
           std::string("00000000000000000\r\n\r\n"),
           std::string("8000000000000000\r\nhello"),
           std::string("0\n\r\n"),
           std::string("0\r\n\rX: y\r\n\r\n"),
           std::string("0\r\nX : y\r\n\r\n"),
           std::string("5;a=\"\r\nhello\r\n0\r\n\r\n"),
           std::string("5;a=\"b\\\"\r\nhello\r\n0\r\n\r\n"),
           std::string("0\r\nContent-Length: 5\r\n\r\nhello"),
           std::string("0\r\nTransfer-Encoding: chunked\r\n\r\n"),
           std::string("0\r\nHost: y\r\n\r\n"),
           std::string("0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"),
           std::string("0\r\nX-Request-Id: 1\r\n\r\n"),
           std::string("0\r\nX: y\n\r\n"),
           std::string("0\r\nX: y\r\n z\r\n\r\n"),
           std::string("0\r\n: y\r\n\r\n"),
           nul("0\r\nX: ", "\r\n\r\n"),
           "0\r\nX: " + std::string(5000, 'y') + "\r\n\r\n",
       }) {
    RawClient visitor = client();
    visitor.send(head + chunks + kInner);
    EXPECT_EQ(visitor.answer().status(), 400) << testing::PrintToString(chunks.substr(0, 80));
    EXPECT_EQ(visitor.end(), End::kClosed) << testing::PrintToString(chunks.substr(0, 80));
  }
  EXPECT_TRUE(a.requests().empty()) << a.requests().front();
}

// What goes through: the head up to what we add, and the body, exactly.
struct Good {
  std::string bytes;
  std::string head;
  std::string body = "";
};

std::vector<Good> good_table() {
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  return {
      {"\r\n\r\n" + start + "\r\n", start},
      {"get / HTTP/1.1\r\nHost: x\r\n\r\n", "get / HTTP/1.1\r\nHost: x\r\n"},
      {"GET http://y/a?b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a?b HTTP/1.1\r\nHost: y\r\n"},
      {"GET HTTP://Y HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: Y\r\n"},
      {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n"},
      {"GET /%00/../;a=b?c HTTP/1.1\r\nHost: x\r\n\r\n",
       "GET /%00/../;a=b?c HTTP/1.1\r\nHost: x\r\n"},
      {"GET //y/ HTTP/1.1\r\nHost: x\r\n\r\n", "GET //y/ HTTP/1.1\r\nHost: x\r\n"},
      {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n"},
      {"GET / HTTP/1.1\r\nhOST:\t X.y \t\r\n\r\n", "GET / HTTP/1.1\r\nHost: X.y\r\n"},
      {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n"},
      {start + "A:\r\nB:  \t c \r\n\r\n", start + "A: \r\nB: c\r\n"},
      {start + "A: \xc3\xa9\xff\r\n\r\n", start + "A: \xc3\xa9\xff\r\n"},
      {start + "Content_Length: 5\r\n\r\n", start + "Content_Length: 5\r\n"},
      {start + "Content-Length: 0\r\n\r\n", start + "Content-Length: 0\r\n"},
      {start + "Content-Length: 5\r\n\r\nhello", start + "Content-Length: 5\r\n", "hello"},
      {post + "Content-Length:\t5\t\r\n\r\nhello", post + "Content-Length: 5\r\n", "hello"},
      {"POST / HTTP/1.0\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
       post + "Content-Length: 5\r\n", "hello"},
      {post + "tRANSFER-eNCODING: , cHUNKED ,\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
       post + "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"},
      {post + "Transfer-Encoding: chunked\r\n\r\n005;a=\"b;c\"\r\nhello\r\n0;x\r\nT: u\r\n\r\n",
       post + "Transfer-Encoding: chunked\r\n", "005;a=\"b;c\"\r\nhello\r\n0;x\r\nT: u\r\n\r\n"},
      {post + "Transfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n\r\n0\r\n\r\n",
       post + "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"},
      {post + "Content-Length: 5\r\nConnection: close, content-length\r\n\r\nhello",
       post + "Content-Length: 5\r\n", "hello"},
      {start + "X-Secret: 1\r\nConnection: x-secret\r\n\r\n", start},
      {start + "Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\n\r\n", start},
      {start + "Upgrade: websocket\r\n\r\n", start},
      {start + "Connection: upgrade\r\n\r\n", start},
      {start + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n",
       start},
      {start + "Connection: upgrade\r\nUpgrade: websocket, H2C\r\n\r\n", start},
      {start + "X-Forwarded-For: 1.2.3.4\r\nX-FORWARDED-HOST: y\r\nForwarded: for=1.2.3.4\r\n\r\n",
       start},
      {start + "X-Forwarded-Proto: https\r\nX-Request-Id: forged\r\n\r\n", start},
  };
}

TEST_F(BalanceTest, PassesEachRequestInItsOneReading) {
  ScriptedBackend& a = backend("a");
  balance();
  std::size_t count = 0;
  for (const Good& each : good_table()) {
    EXPECT_EQ(ask(each.bytes).status(), 200) << testing::PrintToString(each.bytes);
    const std::string seen = a.wait_for_request(++count);
    EXPECT_EQ(seen.substr(0, seen.find("X-Forwarded-For: 127.0.0.1\r\n")), each.head)
        << testing::PrintToString(each.bytes);
    EXPECT_EQ(seen.substr(seen.find("\r\n\r\n") + 4), each.body);
    EXPECT_THAT(seen, testing::Not(HasSubstr("Upgrade:"))) << "nobody may switch to HTTP/2 here";
  }
  EXPECT_EQ(a.requests().size(), count) << "nothing was taken for one more";
}

// A body that looks like a request is a body.
TEST_F(BalanceTest, TakesNoBodyForARequest) {
  ScriptedBackend& a = backend("a");
  balance();
  const std::string size = std::to_string(kInner.size());
  const std::string chunk = fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", kInner.size(), kInner);
  RawClient visitor = client();
  for (const std::string& request :
       {"GET /1 HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + "\r\n\r\n" + kInner,
        "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
        "DELETE /3 HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + "\r\n\r\n" + kInner})
    EXPECT_EQ(visitor.ask(request).body, "a\n");
  EXPECT_EQ(visitor.ask(kGet).body, "a\n");
  ASSERT_EQ(a.requests().size(), 4U);
  for (const std::string& seen : a.requests())
    EXPECT_THAT(seen, testing::Not(testing::StartsWith("GET /smuggled")));
}

}  // namespace
}  // namespace bramble::test
