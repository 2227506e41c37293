// SPDX-License-Identifier: Apache-2.0
// Which backend a request goes to, as the operator asked for it; and what waits while all are full.
#include <algorithm>
#include <set>

#include "balance_fixture.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;

std::string get(const std::string& path, const std::string& fields = "") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", path, fields);
}

// Takes a request and answers it when the test says so.
ScriptedBackend::Script held_until(const std::atomic<bool>& go, const std::string& name) {
  return [&go, name](BackendPeer& peer) {
    while (peer.request()) {
      peer.wait_until(go);
      peer.answer(name + "\n");
    }
  };
}

TEST_F(BalanceTest, GivesSharesByWeight) {
  backend("a");
  ScriptedBackend heavy("heavy");
  balance({"--policy", "round-robin", "--to", heavy.where() + ",weight=3"});
  RawClient visitor = client();
  int to_heavy = 0;
  for (int i = 0; i < 40; ++i) to_heavy += visitor.ask(kGet).body == "heavy\n" ? 1 : 0;
  EXPECT_NEAR(to_heavy, 30, 2);
}

TEST_F(BalanceTest, SendsTheSamePathToTheSameBackend) {
  for (const char* name : {"a", "b", "c"}) backend(name);
  balance({"--policy", "hash"});
  std::set<std::string> used;
  for (int i = 0; i < 30; ++i) {
    const std::string path = fmt::format("/{}", i);
    const std::string first = ask(get(path)).body;
    for (int again = 0; again < 3; ++again)
      EXPECT_EQ(ask(get(fmt::format("{}?{}", path, again))).body, first);
    used.insert(first);
  }
  EXPECT_EQ(used.size(), 3U);
}

TEST_F(BalanceTest, SendsTheSameHeaderToTheSameBackend) {
  for (const char* name : {"a", "b", "c"}) backend(name);
  balance({"--policy", "hash", "--hash-by", "header:X-User"});
  std::set<std::string> used;
  for (int i = 0; i < 30; ++i) {
    const std::string field = fmt::format("X-User: {}\r\n", i);
    const std::string first = ask(get("/", field)).body;
    EXPECT_EQ(ask(get("/other", field)).body, first);
    used.insert(first);
  }
  EXPECT_EQ(used.size(), 3U);
}

TEST_F(BalanceTest, MovesOnlyTheKeysOfABackendThatDied) {
  for (const char* name : {"a", "b", "c"}) backend(name);
  balance({"--policy", "hash"});
  std::vector<std::string> before;
  for (int i = 0; i < 30; ++i) before.push_back(ask(get(fmt::format("/{}", i))).body);
  backends_[0].die();
  ASSERT_TRUE(status_shows("\"refusing\""));
  for (int i = 0; i < 30; ++i) {
    const std::string& home = before[static_cast<std::size_t>(i)];
    const std::string after = ask(get(fmt::format("/{}", i))).body;
    EXPECT_NE(after, "a\n");
    EXPECT_TRUE(home == "a\n" || home == after) << i;
  }
}

TEST_F(BalanceTest, KeepsAStickyVisitorAtItsBackend) {
  for (const char* name : {"a", "b", "c"}) backend(name);
  balance({"--sticky", "stay"});
  std::set<std::string> used;
  for (int i = 0; i < 12; ++i) {
    const RawAnswer first = ask();
    const std::string cookie = first.field("Set-Cookie");
    ASSERT_THAT(cookie, testing::MatchesRegex("stay=[0-9a-f]+; Path=/; HttpOnly; SameSite=Lax"));
    const std::string field = "Cookie: x=y; " + cookie.substr(0, cookie.find(';')) + "\r\n";
    for (int again = 0; again < 4; ++again) {
      const RawAnswer answer = ask(get("/", field));
      EXPECT_EQ(answer.body, first.body);
      EXPECT_EQ(answer.field("Set-Cookie"), "") << "it has the right one";
    }
    used.insert(first.body);
  }
  EXPECT_EQ(used.size(), 3U) << "new visitors are spread";
}

// Its session is there; a second one, asked because the first is slow, would begin it anew.
TEST_F(BalanceTest, AsksNobodyElseForAStickyVisitorWhoseBackendIsSlow) {
  ScriptedBackend& slow = backend("slow", held_until(go_, "slow"));
  ScriptedBackend spare("spare");
  balance({"--sticky", "stay", "--backup", spare.where(), "--hedge-after", "50"});
  RawClient visitor = client();
  go_ = true;
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  const std::string cookie = visitor.ask(post).field("Set-Cookie");  // of one, however late
  go_ = false;
  visitor.send(get("/", "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n"));
  ASSERT_NE(slow.wait_for_request(2), "");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  go_ = true;
  EXPECT_EQ(visitor.answer().body, "slow\n");
  EXPECT_TRUE(status_shows("\"hedges\": 0"));
}

TEST_F(BalanceTest, AsksNobodyElseWhereNobodyHasRoom) {
  backend_options_ = ",max-connections=1";
  for (const char* name : {"a", "b"}) backend(name, held_until(go_, name));
  balance({"--hedge-after", "50"});
  std::vector<RawClient> visitors;
  for (int i = 0; i < 2; ++i) visitors.push_back(client());
  ASSERT_TRUE(status_shows("\"open_connections\": 2"));
  send_at_once(visitors);
  for (ScriptedBackend& each : backends_) ASSERT_NE(each.wait_for_request(), "");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  go_ = true;
  for (RawClient& visitor : visitors) EXPECT_EQ(visitor.answer().status(), 200);
  EXPECT_TRUE(status_shows("\"hedges\": 0"));
}

TEST_F(BalanceTest, MovesAStickyVisitorWhoseBackendDied) {
  backend("a");
  backend("b");
  balance({"--sticky", "stay"});
  const RawAnswer first = ask();
  const std::string cookie = first.field("Set-Cookie");
  const std::string field = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  backends_[first.body == "a\n" ? 0 : 1].die();
  const RawAnswer moved = ask(get("/", field));
  EXPECT_EQ(moved.body, first.body == "a\n" ? "b\n" : "a\n");
  EXPECT_NE(moved.field("Set-Cookie"), "");
  EXPECT_NE(moved.field("Set-Cookie"), cookie);
}

TEST_F(BalanceTest, NeverAsksABackendMoreThanItsMaxConnectionsAtOnce) {
  ScriptedBackend narrow("narrow", held_until(go_, "narrow"));
  balance({"--to", narrow.where() + ",max-connections=2", "--threads", "2", "--queue-timeout",
           "60000"});
  std::vector<RawClient> visitors;
  for (int i = 0; i < 8; ++i) {
    visitors.push_back(client());
    visitors.back().send(kGet);
  }
  ASSERT_NE(narrow.wait_for_request(2), "");
  ASSERT_TRUE(status_shows("\"queued\": 6"));
  EXPECT_EQ(narrow.requests().size(), 2U);
  go_ = true;
  for (RawClient& visitor : visitors) EXPECT_EQ(visitor.answer().body, "narrow\n");
  EXPECT_TRUE(status_shows("\"queued\": 0"));
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
}

TEST_F(BalanceTest, UsesOthersBeforeAnybodyWaits) {
  ScriptedBackend narrow("narrow", held_until(go_, "narrow"));
  backend("wide");
  balance({"--to", narrow.where() + ",max-connections=1"});
  RawClient first = client();
  std::vector<RawClient> visitors;
  while (narrow.requests().empty()) {  // until the narrow one has its request
    visitors.push_back(client());
    visitors.back().send(kGet);
    if (narrow.requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask().body, "wide\n");
  go_ = true;
}

TEST_F(BalanceTest, TellsAVisitorThatWaitedTooLong) {
  ScriptedBackend narrow("narrow", held_until(go_, "narrow"));
  balance({"--to", narrow.where() + ",max-connections=1", "--queue-timeout", "100"});
  RawClient first = client();
  first.send(kGet);
  ASSERT_NE(narrow.wait_for_request(), "");
  const RawAnswer late = ask();
  EXPECT_EQ(late.status(), 503);
  EXPECT_EQ(late.field("Retry-After"), "1");
  EXPECT_THAT(late.field("Date"), testing::EndsWith(" GMT"));
  EXPECT_THAT(late.body, HasSubstr("all servers are busy"));
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=queue-too-long"));
  go_ = true;
  EXPECT_EQ(first.answer().body, "narrow\n");
  EXPECT_EQ(narrow.requests().size(), 1U);
}

TEST_F(BalanceTest, TellsAVisitorAtOnceWhenTheQueueIsFull) {
  ScriptedBackend narrow("narrow", held_until(go_, "narrow"));
  balance(
      {"--to", narrow.where() + ",max-connections=1", "--queue", "1", "--queue-timeout", "60000"});
  RawClient first = client(), second = client();
  first.send(kGet);
  ASSERT_NE(narrow.wait_for_request(), "");
  second.send(kGet);
  ASSERT_TRUE(status_shows("\"queued\": 1"));
  EXPECT_EQ(ask().status(), 503);
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=queue-full"));
  go_ = true;
  EXPECT_EQ(first.answer().body, "narrow\n");
  EXPECT_EQ(second.answer().body, "narrow\n");
}

TEST_F(BalanceTest, ForgetsAVisitorThatLeftTheQueue) {
  ScriptedBackend narrow("narrow", held_until(go_, "narrow"));
  balance({"--to", narrow.where() + ",max-connections=1", "--queue-timeout", "60000"});
  RawClient first = client(), second = client();
  first.send(kGet);
  ASSERT_NE(narrow.wait_for_request(), "");
  second.send(kGet);
  ASSERT_TRUE(status_shows("\"queued\": 1"));
  second.reset();
  EXPECT_TRUE(status_shows("\"queued\": 0"));
  go_ = true;
  EXPECT_EQ(first.answer().body, "narrow\n");
  EXPECT_EQ(ask().body, "narrow\n");
  EXPECT_EQ(narrow.requests().size(), 2U);
}

TEST_F(BalanceTest, ForgetsAVisitorThatLeftTheQueueInItsUpload) {
  ScriptedBackend narrow("narrow", held_until(go_, "narrow"));
  balance({"--to", narrow.where() + ",max-connections=1", "--queue-timeout", "60000"});
  RawClient first = client(), second = client();
  first.send(kGet);
  ASSERT_NE(narrow.wait_for_request(), "");
  second.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  ASSERT_TRUE(status_shows("\"queued\": 1"));
  second.reset();
  EXPECT_TRUE(status_shows("\"queued\": 0"));
  go_ = true;
  EXPECT_EQ(first.answer().body, "narrow\n");
  EXPECT_EQ(narrow.requests().size(), 1U);
}

// A share that jumped to the whole would meet a backend with cold caches.
TEST_F(BalanceTest, LetsABackendThatCameBackStartSlowly) {
  ScriptedBackend& a = backend("a");
  backend("b");
  balance({"--policy", "round-robin", "--slow-start", "3600000", "--check-interval", "100"});
  a.die();
  ASSERT_TRUE(status_shows("\"refusing\""));
  a.revive();
  RawClient visitor = client();
  ask_until(visitor, "a\n");
  int to_a = 0;
  for (int i = 0; i < 100; ++i) to_a += visitor.ask(kGet).body == "a\n" ? 1 : 0;
  EXPECT_GE(to_a, 5);
  EXPECT_LE(to_a, 15) << "a tenth of the other's share";
}

struct BadUsage {
  std::vector<std::string> flags;
  std::string says;
};

TEST(BalanceUsage, TellsWhatNobodyCanChooseBy) {
  const std::vector<BadUsage> table = {
      {{"--to", "127.0.0.1:1,weight=0"}, "\"weight=0\" says nothing of a backend"},
      {{"--to", "127.0.0.1:1,wait=1"}, "\"wait=1\" says nothing of a backend"},
      {{"--to", "127.0.0.1:1,max-connections=x"}, "\"max-connections=x\" says nothing"},
      {{"--to", "127.0.0.1:1", "--hash-by", "path"}, "--hash-by goes with --policy hash only"},
      {{"--to", "127.0.0.1:1", "--policy", "hash", "--hash-by", "x"}, "nothing to hash by"},
      {{"--to", "127.0.0.1:1", "--sticky", "a b"}, "no name of a cookie"},
  };
  for (const BadUsage& each : table) {
    std::vector<std::string> argv = {BRAMBLE_PROGRAM, "balance", "--listen", "127.0.0.1:0"};
    argv.insert(argv.end(), each.flags.begin(), each.flags.end());
    ChildProcess balancer(argv);
    EXPECT_EQ(balancer.wait(), 2) << each.says;
    (void)balancer.after("no such line");  // until it has said all
    EXPECT_THAT(balancer.err(), HasSubstr(each.says));
  }
}

TEST(BalanceUsage, AFlagForThePolicyGoesBeforeAllThatTheFileSaysOfIt) {
  TemporaryFolder folder;
  std::string file = "name = \"berry\"\n";
  for (int i = 1; i <= 3; ++i)
    file += fmt::format("[[node]]\nname = \"c{}\"\naddress = \"192.0.2.{}\"\n", i, i);
  file +=
      "[volume]\nbrick = { free-space = true }\n"
      "[balancer]\nname = \"front\"\naddress = \"192.0.2.9\"\n"
      "policy = \"hash\"\nhash-by = \"header:X-User\"\n";
  ChildProcess balancer({BRAMBLE_PROGRAM, "balance", "-f", folder.write("bramble.toml", file),
                         "--policy", "least-connections", "--listen", "127.0.0.1:0", "--admin",
                         "127.0.0.1:0"});
  EXPECT_NE(balancer.after("listening on http://127.0.0.1:"), "") << balancer.err();
}

}  // namespace
}  // namespace bramble::test
