// SPDX-License-Identifier: Apache-2.0
// Requests whose end or meaning two servers could see differently: refused, and nothing of them
// reaches a backend.
#include "balance_fixture.hh"

namespace bramble::test {
namespace {

struct Smuggled {
  std::string bytes;
  int status;
};

std::vector<Smuggled> smuggling_table() {
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::string inner = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  return {
      // both lengths
      {post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 400},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner, 400},
      {get + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 400},
      // several, signed, odd lengths
      {post + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + inner, 400},
      {post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
      {post + "Content-Length: 5, 5\r\n\r\nhello", 400},
      {post + "Content-Length: +5\r\n\r\nhello", 400},
      {post + "Content-Length: -5\r\n\r\nhello", 400},
      {post + "Content-Length: 0x5\r\n\r\nhello", 400},
      {post + "Content-Length: 5 5\r\n\r\nhello", 400},
      {post + "Content-Length: 5a\r\n\r\nhello", 400},
      {post + "Content-Length: \r\n\r\nhello", 400},
      {post + "Content-Length: 99999999999999999999999\r\n\r\nhello", 400},
      {post + "Content-Length: 5;\r\n\r\nhello", 400},
      {post + "Content-Length: \"5\"\r\n\r\nhello", 400},
      // codings
      {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {post + "Transfer-Encoding: identity\r\n\r\n", 400},
      {post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding:\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding:\x0b"
              "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      // names and folds
      {post + "Content-Length : 5\r\n\r\nhello", 400},
      {post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
      {post + " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "\tContent-Length: 5\r\n\r\nhello", 400},
      {post + std::string("Transfer\0-Encoding: chunked\r\n\r\n", 32), 400},
      {post + "Content-Length\x01: 5\r\n\r\nhello", 400},
      {post + ": 5\r\n\r\n", 400},
      {post + "NoColon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
      // line ends and control bytes
      {"GET / HTTP/1.1\nHost: x\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", 400},
      {get + "X: a\rb\r\n\r\n", 400},
      {get + "X: a\nContent-Length: 5\r\n\r\nhello", 400},
      {get + "X: " + std::string("a\0b", 3) + "\r\n\r\n", 400},
      {get + "X: a\x7f\r\n\r\n", 400},
      {"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
      {"GET / http/1.1\r\nHost: x\r\n\r\n", 400},
      {"G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /\r\n", 400},
      {"\x16\x03\x01\x02", 400},
      // hosts
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x@y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x:port\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x, y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"GET http:///path HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET http://a@b/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      // versions, methods, limits
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505},
      {"GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505},
      {"GET / HTTP/1.10\r\nHost: x\r\n\r\n", 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 501},
      {"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405},
      {get + "Expect: nonsense\r\n\r\n", 417},
      {"GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
      {get + "X: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
      {std::string(100, 'A') + " / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
  };
}

TEST_F(BalanceTest, RefusesWhatCouldBeReadTwoWays) {
  ScriptedBackend& a = backend("a");
  balance();
  for (const Smuggled& each : smuggling_table()) {
    RawClient visitor = client();
    const RawAnswer answer = visitor.send(each.bytes).answer();
    EXPECT_EQ(answer.status(), each.status) << testing::PrintToString(each.bytes.substr(0, 200));
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(visitor.end(), End::kClosed) << testing::PrintToString(each.bytes.substr(0, 200));
  }
  EXPECT_TRUE(a.requests().empty()) << a.requests().front();
}

// RFC 9110 §15.5.6.
TEST_F(BalanceTest, AMethodThatIsRefusedIsToldTheOthers) {
  backend("a");
  balance();
  EXPECT_EQ(ask("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n").field("Allow"),
            "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

TEST_F(BalanceTest, RefusesManyFields) {
  ScriptedBackend& a = backend("a");
  balance();
  std::string request = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 101; ++i) request += "A: b\r\n";
  EXPECT_EQ(ask(request + "\r\n").status(), 431);
  EXPECT_TRUE(a.requests().empty());
}

// What of the body came before the fault has gone on: the backend sees a torn request, never a
// whole one, and no other behind it.
TEST_F(BalanceTest, ABadChunkEndsBothConnections) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  ScriptedBackend& a = backend("a");
  balance();
  for (const char* bad :
       {"5\r\nhello0\r\n\r\n", "g\r\n", "-1\r\n", "0x1\r\na", "5 \r\nhello", "5\nhello", "\r\n",
        "1\r\na\r\n0\r\nbad trailer\r\n\r\n", "0\r\n folded: x\r\n\r\n", "11111111111111111\r\n",
        "5;\x01\r\nhello", "0\r\n\n", "2\r\na\r\n\r\n0\r\n\r\n"}) {
    RawClient visitor = client();
    visitor.send(head + bad + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(visitor.answer().status(), 400) << bad;
    EXPECT_EQ(visitor.end(), End::kClosed) << bad;
  }
  EXPECT_TRUE(a.requests().empty()) << a.requests().front();
}

}  // namespace
}  // namespace bramble::test
