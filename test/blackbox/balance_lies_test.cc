// SPDX-License-Identifier: Apache-2.0
// Answers made to be seen differently by two readers, and those that break the rules: the visitor
// gets a 502 or exactly one reading, and never a byte of one answer as another.
#include "balance_fixture.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

std::string get(std::size_t number) {
  return fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", number);
}

class BalanceLiesTest : public BalanceTest {
 protected:
  // A backend that answers a request for /N with the N-th text, and closes; and what has no number
  // with "fine".
  ScriptedBackend& liar(std::vector<std::string> lies) {
    lies_ = std::move(lies);
    return backend("a", [this](BackendPeer& peer) {
      while (const std::optional<std::string> request = peer.request()) {
        if (request->starts_with("GET /fine")) {
          peer.answer("fine");
          continue;
        }
        peer.send(lies_[std::stoul(request->substr(5))]);
        return;
      }
    });
  }
};

std::vector<std::string> refused_table() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  std::string many = ok;
  for (int i = 0; i < 129; ++i) many += "A: b\r\n";
  return {
      // start lines
      "",
      "\r\n" + ok + "\r\n",
      " " + ok + "\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
      "HTTP/1.1\t200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 099 X\r\n\r\n",
      "HTTP/1.1 000 X\r\n\r\n",
      "HTTP/1.1 600 X\r\n\r\n",
      "HTTP/1.1 abc X\r\n\r\n",
      "HTTP/1.1 +200 OK\r\n\r\n",
      "HTTP/1.1 200OK\r\n\r\n",
      "HTTP/1.1 2 0 OK\r\n\r\n",
      "http/1.1 200 OK\r\n\r\n",
      "HTTP/1.2 200 OK\r\n\r\n",
      "HTTP/2 200 OK\r\n\r\n",
      "HTTP/0.9 200 OK\r\n\r\n",
      "HTTP/1.1200 OK\r\n\r\n",
      "ICY 200 OK\r\n\r\n",
      "<html></html>\r\n\r\n",
      nul("HTTP/1.1 200 O", "K\r\n\r\n"),
      "HTTP/1.1 200 O\x01K\r\n\r\n",
      "HTTP/1.1 200 OK\rX: y\r\n\r\n",
      "HTTP/1.1 200 OK\n\n",
      "HTTP/1.1 200 OK\r\n\n",
      "HTTP/1.1 200 OK\r\nContent-Le",
      "HTTP/1.1 200 OK\r\n",
      // framing
      ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
      ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
      ok + "Content-Length: 5, 5\r\n\r\nhello",
      ok + "Content-Length: +5\r\n\r\nhello",
      ok + "Content-Length: 0x5\r\n\r\nhello",
      ok + "Content-Length: 5 5\r\n\r\nhello",
      ok + "Content-Length:\r\n\r\nhello",
      ok + "Content-Length: 5a\r\n\r\nhello",
      ok + "Content-Length: 5;\r\n\r\nhello",
      ok + "Content-Length: 99999999999999999999\r\n\r\nhello",
      ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      ok + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
      ok + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
      ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      ok + "Transfer-Encoding: identity\r\n\r\nhello",
      ok + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      ok + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
      ok + "Transfer-Encoding:\r\n\r\nhello",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      // fields
      ok + "Content-Length : 5\r\n\r\nhello",
      ok + "Content-Length\t: 5\r\n\r\nhello",
      ok + "X: y\r\n folded\r\n\r\n",
      ok + "\tX: y\r\n\r\n",
      ok + nul("X: a", "b\r\n\r\n"),
      ok + nul("X", ": b\r\n\r\n"),
      ok + "X: a\rb\r\n\r\n",
      ok + "X: a\nSet-Cookie: b\r\n\r\n",
      ok + "X: a\x7f\r\n\r\n",
      ok + "Location: /\r\r\nSet-Cookie: b\r\n\r\n",
      ok + "X Y: z\r\n\r\n",
      ok + ": z\r\n\r\n",
      ok + "nothing\r\n\r\n",
      many + "\r\n",
      // chunks
      chunked + "-1\r\n\r\n",
      chunked + "0x5\r\nhello\r\n0\r\n\r\n",
      chunked + " 5\r\nhello\r\n0\r\n\r\n",
      chunked + "5 \r\nhello\r\n0\r\n\r\n",
      chunked + "5\nhello\r\n0\r\n\r\n",
      chunked + "5;\x01\r\nhello\r\n0\r\n\r\n",
      chunked + "5;" + std::string(300, 'a') + "\r\nhello\r\n0\r\n\r\n",
      chunked + "11111111111111111\r\nhello",
      chunked + "\r\nhello",
      chunked + "5\r\nhello!\r\n0\r\n\r\n",
      chunked + "5\r\nhello\n0\r\n\r\n",
      chunked + "5\r\nhello\r\n0\r\n folded: x\r\n\r\n",
      chunked + "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
      chunked + "5\r\nhello\r\n0\r\n\n",
      chunked + "5;a=\"b\r\nhello\r\n0\r\n\r\n",
      chunked + "5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n",
      chunked + "5\r\nhello\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n",
      chunked + "0\r\nT: " + std::string(5000, 'u') + "\r\n\r\n",
      // interim answers
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\nLink: a\n\n" + ok + "\r\n",
      "HTTP/1.1 103 Early Hints\r\nLink: a\r\n folded\r\n\r\n" + ok + "\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n" + ok + "\r\n",
      "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + ok + "\r\n",
  };
}

TEST_F(BalanceLiesTest, AnswersThatBreakTheRulesAre502) {
  const std::vector<std::string> table = refused_table();
  ScriptedBackend& a = liar(table);
  balance();
  for (std::size_t i = 0; i < table.size(); ++i) {
    RawClient visitor = client();
    RawAnswer answer = visitor.ask(get(i));
    while (answer.status() >= 100 && answer.status() < 200) answer = visitor.answer();
    EXPECT_EQ(answer.status(), 502) << testing::PrintToString(table[i].substr(0, 120));
    EXPECT_THAT(answer.body, HasSubstr("502 Bad Gateway: "));
    EXPECT_FALSE(answer.has("Set-Cookie"));
    EXPECT_EQ(visitor.ask("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n").body, "fine")
        << "the visitor is not to blame";
    EXPECT_EQ(a.requests().size(), 2 * i + 2);
  }
}

struct Passed {
  std::string bytes;
  int status = 200;
  std::string body = "hi";
  std::string head_lacks = "Nothing:";
};

std::vector<Passed> passed_table() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string hi = ok + "Content-Length: 2\r\n\r\nhi";
  const std::string poison = ok + "Content-Length: 6\r\n\r\npoison";
  return {
      {hi},
      {hi + poison},
      {hi + "\r\n\r\n"},
      {"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 200 \xc3\xa9\t!\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi" + poison},
      {ok + "\r\nhi"},
      {"HTTP/1.0 200 OK\r\n\r\nhi"},
      {ok + "Connection: close\r\n\r\nhi"},
      {ok + "content-length:\t2 \t\r\n\r\nhi"},
      {ok + "Content-Length: 2\r\nConnection: content-length\r\n\r\nhi" + poison},
      {ok + "Content-Length: 2\r\nX-Secret: 1\r\nConnection: x-secret\r\n\r\nhi", 200, "hi",
       "X-Secret"},
      {ok + "Content-Length: 2\r\nKeep-Alive: timeout=5\r\n\r\nhi", 200, "hi", "Keep-Alive"},
      {ok + "Content-Length: 2\r\nUpgrade: h2c\r\n\r\nhi", 200, "hi", "Upgrade"},
      {ok + "Content-Length: 0\r\n\r\n" + poison, 200, ""},
      {ok + "Transfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\nT: u\r\n\r\n"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" + poison},
      {ok +
       "Transfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
      {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison", 204, "", "Content-Length"},
      {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 204, "",
       "Transfer-Encoding"},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\npoison", 304, ""},
      {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 304,
       ""},
      {"HTTP/1.1 304 Not Modified\r\n\r\n" + poison, 304, ""},
      {"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", 205, ""},
      {"HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nhi", 299},
      {"HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\nhi", 599},
      {"HTTP/1.1 100 Continue\r\n\r\n" + hi},
      {"HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\n" + hi},
      {"HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n" + hi},
      {"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: b\r\n\r\n" +
       hi},
      {"HTTP/1.1 199 Odd\r\n\r\n" + hi},
  };
}

TEST_F(BalanceLiesTest, PassesEachAnswerInItsOneReading) {
  const std::vector<Passed> table = passed_table();
  std::vector<std::string> all;
  for (const Passed& each : table) all.push_back(each.bytes);
  ScriptedBackend& a = liar(all);
  balance();
  for (std::size_t i = 0; i < table.size(); ++i) {
    RawClient visitor = client();
    RawAnswer answer = visitor.ask(get(i));
    while (answer.status() >= 100 && answer.status() < 200) {
      EXPECT_FALSE(answer.has("Content-Length") || answer.has("Transfer-Encoding"))
          << "an interim answer has no body";
      answer = visitor.answer();
    }
    EXPECT_EQ(answer.status(), table[i].status) << testing::PrintToString(table[i].bytes);
    EXPECT_EQ(answer.body, table[i].body) << testing::PrintToString(table[i].bytes);
    EXPECT_TRUE(answer.whole) << testing::PrintToString(table[i].bytes);
    EXPECT_FALSE(answer.has(table[i].head_lacks)) << answer.head;
    const RawAnswer next = answer.field("Connection") == "close"
                               ? ask("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n")
                               : visitor.ask("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(next.body, "fine") << "nothing is left over of "
                                 << testing::PrintToString(table[i].bytes);
    EXPECT_EQ(a.requests().size(), 2 * i + 2);
  }
}

TEST_F(BalanceLiesTest, ATornAnswerIsNeverEndedCleanly) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::string> table = {
      ok + "Content-Length: 1\r\n\r\n",
      ok + "Content-Length: 6\r\n\r\nhello",
      ok + "Content-Length: 999999999999999999\r\n\r\nhello",
      chunked,
      chunked + "5",
      chunked + "5\r",
      chunked + "5\r\n",
      chunked + "5\r\nhell",
      chunked + "5\r\nhello",
      chunked + "5\r\nhello\r",
      chunked + "5\r\nhello\r\n",
      chunked + "5\r\nhello\r\n0",
      chunked + "5\r\nhello\r\n0\r\n",
      chunked + "5\r\nhello\r\n0\r\nT: u\r\n",
      chunked + "5\r\nhello\r\n0\r\n\r",
  };
  ScriptedBackend& a = liar(table);
  balance();
  for (std::size_t i = 0; i < table.size(); ++i) {
    RawClient visitor = client();
    EXPECT_FALSE(visitor.ask(get(i)).whole) << testing::PrintToString(table[i]);
    EXPECT_EQ(visitor.end(), End::kReset) << testing::PrintToString(table[i]);
    EXPECT_EQ(a.requests().size(), i + 1);
  }
}

// An answer to HEAD ends with its head, whatever that says.
TEST_F(BalanceTest, TakesNoBodyForAnAnswerToHead) {
  backend("a", [](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    peer.wait_for_close();
  });
  balance();
  RawClient visitor = client();
  for (int i = 0; i < 3; ++i) {
    visitor.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    const RawAnswer answer = visitor.answer(true);
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.field("Content-Length"), "6");
  }
}

}  // namespace
}  // namespace bramble::test
