// SPDX-License-Identifier: Apache-2.0
// Reloads: what the file says now holds, and nobody who visits notices.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "balance_fixture.hh"
#include "net/socket.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class BalanceReloadTest : public BalanceTest {
 protected:
  void write_text(const std::string& content) { folder_.write("backends.toml", content); }

  // These backends, each with more lines of its table.
  void write(const std::vector<ScriptedBackend*>& backends, const std::string& more = "") {
    std::string text = listen_.empty() ? "" : fmt::format("listen = [{}]\n", listen_);
    for (const ScriptedBackend* each : backends)
      text += fmt::format("[[backend]]\nname = \"{}\"\naddress = \"127.0.0.1:{}\"\n{}\n",
                          each->where().substr(0, each->where().find('=')), each->port(), more);
    write_text(text);
  }

  void balance_file(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> argv = {BRAMBLE_PROGRAM, "balance",     "--backends", file_,
                                     "--admin",       "127.0.0.1:0", "--control",  control_};
    if (listen_.empty()) argv.insert(argv.end(), {"--listen", "127.0.0.1:0"});
    add_patience(argv, flags);
    argv.insert(argv.end(), flags.begin(), flags.end());
    balancer_ = std::make_unique<ChildProcess>(argv);
    port_ = port_in(balancer_->after("listening on http://127.0.0.1:"));
    admin_port_ = port_in(balancer_->after("status on http://127.0.0.1:"));
    ASSERT_NE(port_, 0) << balancer_->err();
  }

  // The exit status of the order, and what it said.
  int reload(std::string* said = nullptr) const {
    ChildProcess order({BRAMBLE_PROGRAM, "balance", "--reload", "--control", control_});
    const int status = order.wait();
    if (said != nullptr) *said = order.after("bramble: ");
    return status;
  }

  // Bound by nobody a moment ago.
  static std::uint16_t free_port() {
    const UniqueFd fd = listen_on(parse_address("127.0.0.1:0").value(), {}).value();
    return local_address(fd.get()).value().port();
  }

  TemporaryFolder folder_;
  std::string file_ = folder_.path() + "/backends.toml";
  std::string control_ = folder_.path() + "/control";
  std::string listen_;  // the file's, quoted
};

TEST_F(BalanceReloadTest, TakesBackendsInAndOut) {
  ScriptedBackend& a = backend("a");
  ScriptedBackend& b = backend("b");
  write({&a});
  balance_file();
  EXPECT_EQ(ask().body, "a\n");
  write({&b});
  EXPECT_EQ(reload(), 0);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask().body, "b\n");
  write({&a, &b});
  EXPECT_EQ(reload(), 0);
  std::map<std::string, int> answers;
  for (int i = 0; i < 100; ++i) ++answers[ask().body];
  EXPECT_GT(answers["a\n"], 5);
  EXPECT_GT(answers["b\n"], 5);
}

TEST_F(BalanceReloadTest, TakesWeightsAndBackups) {
  ScriptedBackend& a = backend("a");
  ScriptedBackend& b = backend("b");
  write({&a, &b});
  balance_file({"--threads", "1", "--policy", "round-robin"});
  const std::string to = "[[backend]]\nname = \"{}\"\naddress = \"127.0.0.1:{}\"\n{}\n";
  write_text(fmt::format(fmt::runtime(to), "a", a.port(), "weight = 4") +
             fmt::format(fmt::runtime(to), "b", b.port(), ""));
  ASSERT_EQ(reload(), 0);
  std::map<std::string, int> answers;
  for (int i = 0; i < 100; ++i) ++answers[ask().body];
  EXPECT_NEAR(answers["a\n"], 80, 2);
  write_text(fmt::format(fmt::runtime(to), "a", a.port(), "backup = true") +
             fmt::format(fmt::runtime(to), "b", b.port(), ""));
  ASSERT_EQ(reload(), 0);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask().body, "b\n");
}

TEST_F(BalanceReloadTest, KeepsWhatIsKnownOfBackendsThatStay) {
  ScriptedBackend& a = backend("a", [&](BackendPeer& peer) {
    while (peer.request()) peer.answer(std::to_string(peer.connection));
  });
  ScriptedBackend& dead = backend("dead");
  ScriptedBackend& other = backend("other");
  write({&a, &dead});
  balance_file({"--threads", "1"});
  dead.die();
  EXPECT_TRUE(status_shows("\"refusing\""));
  RawClient visitor = client();
  const std::string connection = visitor.ask(kGet).body;
  write({&other, &a, &dead});
  ASSERT_EQ(reload(), 0);
  EXPECT_THAT(status(), HasSubstr("\"refusing\"")) << "its health";
  std::string mine;
  while (mine.empty() || mine == "other\n") mine = visitor.ask(kGet).body;
  EXPECT_EQ(mine, connection) << "its idle connections, and the visitor's own";
}

TEST_F(BalanceReloadTest, WhatIsUnderWayOnABackendThatLeavesGoesOn) {
  text_.assign(3'000'000, 'x');
  ScriptedBackend& a = backend("a", [&](BackendPeer& peer) {
    while (peer.request()) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 3000005\r\n\r\nhello");
      peer.wait_until(go_);
      peer.send(text_);
    }
  });
  ScriptedBackend& b = backend("b");
  write({&a});
  balance_file({"--threads", "1"});
  RawClient visitor = client();
  visitor.send(kGet);
  a.wait_for_request();
  write({&b});
  ASSERT_EQ(reload(), 0);
  EXPECT_EQ(ask().body, "b\n");
  EXPECT_THAT(status(), HasSubstr("\"state\": \"draining\""));
  go_ = true;
  const RawAnswer answer = visitor.answer();
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body, "hello" + text_);
  EXPECT_EQ(visitor.ask(kGet).body, "b\n") << "the visitor's connection stays";
  for (int i = 0; i < 2000 && status().find("\"state\": \"draining\"") != std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_THAT(status(), Not(HasSubstr("\"a\""))) << "gone once it has finished";
}

TEST_F(BalanceReloadTest, AFaultyFileChangesNothingAndSaysWhere) {
  ScriptedBackend& a = backend("a");
  write({&a});
  balance_file();
  write_text("[[backend]]\naddress = \"nowhere\"\n");
  std::string said;
  EXPECT_EQ(reload(&said), 1);
  EXPECT_THAT(said, HasSubstr("backends.toml:2:11: bad backend \"nowhere\""));
  EXPECT_NE(balancer_->after("backends.toml:2:11: bad backend"), "") << "and in the log";
  EXPECT_EQ(ask().body, "a\n");
}

TEST_F(BalanceReloadTest, AnAddressThatIsTakenChangesNothing) {
  ScriptedBackend& a = backend("a");
  ScriptedBackend& b = backend("b");
  const std::uint16_t port = free_port();
  listen_ = fmt::format("\"127.0.0.1:{}\"", port);
  write({&a});
  balance_file();
  listen_ += fmt::format(", \"127.0.0.1:{}\"", b.port());
  write({&b});
  std::string said;
  EXPECT_EQ(reload(&said), 1);
  EXPECT_THAT(said, HasSubstr("Address already in use"));
  EXPECT_EQ(ask().body, "a\n");
}

// Another balancer's, or a node's: those share their ports among their threads.
TEST_F(BalanceReloadTest, AnAddressThatOthersShareChangesNothing) {
  ScriptedBackend& a = backend("a");
  const UniqueFd shared = listen_on(parse_address("127.0.0.1:0").value(), {}).value();
  listen_ = fmt::format("\"127.0.0.1:{}\"", free_port());
  write({&a});
  balance_file();
  listen_ += fmt::format(", \"{}\"", local_address(shared.get()).value().text());
  write({&a});
  std::string said;
  EXPECT_EQ(reload(&said), 1);
  EXPECT_THAT(said, HasSubstr("another program listens there"));
  EXPECT_EQ(ask().body, "a\n");
}

TEST_F(BalanceReloadTest, ASecondOneTakesNotThePortOfTheFirst) {
  backend("a");
  balance();
  ChildProcess second({BRAMBLE_PROGRAM, "balance", "--to", "127.0.0.1:1", "--listen",
                       fmt::format("127.0.0.1:{}", port_)});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.after("bramble: "), HasSubstr("another program listens there"));
}

TEST_F(BalanceReloadTest, ANarrowerAddressOfItsOwnPortIsTaken) {
  ScriptedBackend& a = backend("a");
  const std::uint16_t port = free_port();
  listen_ = fmt::format("\"0.0.0.0:{}\"", port);
  write({&a});
  balancer_ = std::make_unique<ChildProcess>(std::vector<std::string>{
      BRAMBLE_PROGRAM, "balance", "--backends", file_, "--control", control_});
  ASSERT_NE(balancer_->after("listening on http://0.0.0.0:"), "");
  listen_ = fmt::format("\"127.0.0.1:{}\"", port);
  write({&a});
  EXPECT_EQ(reload(), 0);
  EXPECT_EQ(RawClient(port).ask(kGet).body, "a\n");
}

TEST_F(BalanceReloadTest, OpensAndClosesEntrances) {
  ScriptedBackend& a = backend("a");
  const std::uint16_t first = free_port(), second = free_port();
  listen_ = fmt::format("\"127.0.0.1:{}\"", first);
  write({&a});
  balance_file();
  RawClient visitor(first);
  EXPECT_EQ(visitor.ask(kGet).body, "a\n");
  listen_ = fmt::format("\"127.0.0.1:{}\"", second);
  write({&a});
  ASSERT_EQ(reload(), 0);
  EXPECT_TRUE(status_shows("\"2xx\""));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(RawClient(second).ask(kGet).body, "a\n");
  EXPECT_EQ(visitor.ask(kGet).body, "a\n") << "who is inside stays inside";
  RawClient late(first);
  for (int i = 0; i < 2000 && late.ask(kGet).whole; ++i) late = RawClient(first);
  EXPECT_FALSE(late.ask(kGet).whole);
}

TEST_F(BalanceReloadTest, SighupReloadsAndNeverEnds) {
  ScriptedBackend& a = backend("a");
  ScriptedBackend& b = backend("b");
  write({&a});
  balance_file();
  write({&b});
  balancer_->signal(SIGHUP);
  EXPECT_NE(balancer_->after("reload: d"), "");
  EXPECT_EQ(ask().body, "b\n");
  write_text("rubbish");
  for (int i = 0; i < 20; ++i) balancer_->signal(SIGHUP);
  EXPECT_NE(balancer_->after("reload: nothing has changed"), "");
  EXPECT_EQ(ask().body, "b\n");
}

// The file is a pipe: who reads it waits for us.
TEST_F(BalanceReloadTest, SighupDuringAReloadIsNotLost) {
  const auto begin_to_write = [this] {
    UniqueFd end;
    for (int i = 0; i < 2000 && !end; ++i) {
      end.reset(::open(file_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
      if (!end) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return end;
  };
  const auto end_with = [](UniqueFd end, const ScriptedBackend& backend) {
    const std::string text =
        fmt::format("[[backend]]\naddress = \"127.0.0.1:{}\"\n", backend.port());
    EXPECT_EQ(::write(end.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  };
  ScriptedBackend& a = backend("a");
  ScriptedBackend& b = backend("b");
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  std::thread first([&] { end_with(begin_to_write(), a); });
  balance_file();
  first.join();
  balancer_->signal(SIGHUP);
  UniqueFd under_way = begin_to_write();
  balancer_->signal(SIGHUP);
  EXPECT_NE(balancer_->after("a reload is under way"), "");
  end_with(std::move(under_way), a);
  EXPECT_NE(balancer_->after("reload: d"), "");  // whose end of the pipe is closed
  UniqueFd next = begin_to_write();
  ASSERT_TRUE(next) << "nobody reads the file";
  end_with(std::move(next), b);
  for (int i = 0; i < 2000 && ask().body != "b\n"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(ask().body, "b\n");
}

TEST_F(BalanceReloadTest, SighupWithoutAFileLooksNamesUpAgain) {
  backend("a");
  balance();
  balancer_->signal(SIGHUP);
  EXPECT_NE(balancer_->after("reload: d"), "");
  EXPECT_EQ(ask().body, "a\n");
}

TEST_F(BalanceReloadTest, WithoutABalancerItSaysSo) {
  std::string said;
  EXPECT_EQ(reload(&said), 1);
  EXPECT_THAT(said, HasSubstr("is the balancer running"));
}

TEST_F(BalanceReloadTest, AHundredReloadsUnderLoadFailNoRequest) {
  text_.assign(50'000'000, 'x');
  ScriptedBackend& a = backend("a", [&](BackendPeer& peer) {
    while (const auto request = peer.request())
      peer.answer(request->starts_with("GET /long") ? std::string_view(text_) : "a");
  });
  ScriptedBackend& b = backend("b");
  ScriptedBackend& c = backend("c");
  const std::vector<std::vector<ScriptedBackend*>> sets = {{&a, &b}, {&b}, {&b, &c}, {&a, &c}};
  write(sets[0]);
  balance_file({"--threads", "2"});
  std::atomic<int> answered{0}, failed{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> visitors;
  for (int i = 0; i < 8; ++i)
    visitors.emplace_back([&, i] {
      RawClient visitor = client();
      while (!over) {
        if (i % 2 == 0) visitor = client();
        const RawAnswer answer = visitor.ask(kGet);
        ++(answer.whole && answer.status() == 200 ? answered : failed);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // for the reloads' sake
      }
    });
  RawClient download = client();
  write({&a});
  ASSERT_EQ(reload(), 0);
  download.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  download.bytes(1000);
  for (std::size_t i = 0; i < 100; ++i) {
    write(sets[i % sets.size()]);
    ASSERT_EQ(reload(), 0) << balancer_->err();
  }
  download.bytes(text_.size() - 1000);
  over = true;
  for (std::thread& visitor : visitors) visitor.join();
  EXPECT_EQ(failed, 0) << "of " << answered;
  EXPECT_GT(answered, 1000);
}

}  // namespace
}  // namespace bramble::test
