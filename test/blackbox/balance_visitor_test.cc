// SPDX-License-Identifier: Apache-2.0
// Visitors that leave, stall or trickle.
#include <linux/filter.h>
#include <sys/socket.h>

#include "balance_fixture.hh"
#include "base/file.hh"

namespace bramble::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

// The answer to less than a head. None where nothing of it had come in time: then once more.
RawAnswer answer_to_beginning(std::uint16_t port, std::string_view text) {
  RawAnswer answer;
  for (int tries = 0; tries < 5 && answer.status() == 0; ++tries)
    answer = RawClient(port).ask(text);
  return answer;
}

TEST_F(BalanceTest, AVisitorThatLeavesFreesTheBackend) {
  ScriptedBackend& a = backend("a", [&](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.wait_for_close();
  });
  balance();
  RawClient visitor = client();
  visitor.send(kGet);
  a.wait_for_request();
  visitor.reset();
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=client-aborted"));
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
}

TEST_F(BalanceTest, AVisitorThatLeavesInTheMiddleFreesTheBackend) {
  backend("a", [&](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.send("1\r\nx\r\n");
    peer.wait_for_close();
  });
  balance();
  RawClient visitor = client();
  visitor.send(kGet).bytes(10);
  visitor.reset();
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=client-aborted"));
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
}

TEST_F(BalanceTest, AVisitorThatHasSaidItAllMayCloseItsSide) {
  ScriptedBackend& a = backend("a", [&](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.wait_until(go_);
    peer.answer("late");
  });
  balance();
  RawClient visitor = client();
  visitor.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").shut_writing();
  a.wait_for_request();
  go_ = true;
  EXPECT_EQ(visitor.answer().body, "late");
}

TEST_F(BalanceTest, AVisitorThatClosesItsSideUnannouncedIsAnsweredAllTheSame) {
  ScriptedBackend& a = backend("a", [&](BackendPeer& peer) {
    while (peer.request()) {
      peer.wait_until(go_);
      peer.answer("late");
    }
  });
  balance();
  RawClient visitor = client();
  visitor.send(std::string(kGet) + std::string(kGet)).shut_writing();
  a.wait_for_request();
  go_ = true;
  EXPECT_EQ(visitor.answer().body, "late");
  EXPECT_EQ(visitor.answer().body, "late") << "the second of two, too";
  EXPECT_EQ(visitor.end(), End::kClosed);
}

TEST_F(BalanceTest, AVisitorThatClosedCostsNoMoreThanOneAnswer) {
  ScriptedBackend& a = backend("a", [&](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.wait_until(go_);
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n" + std::string(100'000, 'x'));
    for (int i = 0; i < 9000; ++i) peer.send(std::string(100'000, 'x'));
  });
  balance();
  RawClient visitor = client();
  visitor.send(kGet);
  a.wait_for_request();
  visitor.close();
  go_ = true;
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=client-aborted"));
}

TEST_F(BalanceTest, ASlowHeadIs408) {
  backend("a");
  balance({"--head-timeout", "200"});
  EXPECT_EQ(answer_to_beginning(port_, "GET / HTTP/1.1\r\nHos").status(), 408);
}

TEST_F(BalanceTest, ASlowBodyIs408) {
  ScriptedBackend& a = backend("a");
  balance({"--stall-timeout", "200"});
  RawClient visitor = client();
  visitor.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
  EXPECT_EQ(visitor.answer().status(), 408);
  EXPECT_TRUE(a.requests().empty());
}

TEST_F(BalanceTest, ABodyThatIsNotThereHoldsNoBackend) {
  ScriptedBackend& a = backend("a");
  balance();
  RawClient visitor = client();
  visitor.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello");
  ASSERT_TRUE(status_shows("\"requests\": 1"));
  EXPECT_TRUE(status_shows("\"in_flight\": 0"));
  EXPECT_TRUE(a.requests().empty());
  visitor.send("world");
  EXPECT_EQ(visitor.answer().status(), 200);
  EXPECT_THAT(a.requests(), ElementsAre(EndsWith("\r\n\r\nhelloworld")));
}

TEST_F(BalanceTest, OfALongBodyTheBeginningIsEnough) {
  ScriptedBackend& a = backend("a");
  balance();
  RawClient visitor = client();
  visitor.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
      .send(std::string(70'000, 'x'));
  EXPECT_TRUE(status_shows("\"in_flight\": 1"));
  visitor.send(std::string(30'000, 'x'));
  EXPECT_EQ(visitor.answer().status(), 200);
  EXPECT_THAT(a.requests(), ElementsAre(EndsWith(std::string(100'000, 'x'))));
}

TEST_F(BalanceTest, ABodyThatTricklesIs408) {
  ScriptedBackend& a = backend("a");
  balance({"--stall-timeout", "300", "--min-body-rate", "100000"});
  RawClient visitor = client();
  visitor.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  std::thread trickle([&] {
    for (int i = 0; i < 2000 && !go_; ++i) {
      visitor.send("x");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  EXPECT_EQ(visitor.answer().status(), 408) << "though it never stalls";
  go_ = true;
  trickle.join();
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=client-stalled"));
  EXPECT_TRUE(a.requests().empty());
}

// No second backend could be asked for it: its patience is none of this request.
TEST_F(BalanceTest, AGetWhoseBodyStallsIs408InTime) {
  backend("a");
  balance({"--stall-timeout", "200", "--hedge-after", "100", "--answer-timeout", "15000"});
  const auto began = std::chrono::steady_clock::now();
  const RawAnswer answer =
      ask("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  EXPECT_EQ(answer.status(), 408);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

// What goes on coming for him is no sign of him.
TEST_F(BalanceTest, AVisitorWhoTakesNothingOfAStreamIsCutOff) {
  backend("a", [&](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    // More than his socket takes, and less than what the balancer's own takes besides.
    const std::string sizes = read_file("/proc/sys/net/ipv4/tcp_wmem").value();
    const std::size_t socket_takes = std::stoul(std::string(words(sizes).back()));
    for (std::size_t sent = 0; sent < socket_takes * 5 / 4; sent += 0x10000)
      peer.send("10000\r\n" + std::string(0x10000, 'x') + "\r\n");
    while (peer.is_open() && !go_) {
      peer.send("400\r\n" + std::string(0x400, 'x') + "\r\n");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  balance({"--stall-timeout", "500"});
  RawClient visitor = client();
  visitor.small_receive_window(64 * 1024);
  visitor.send(kGet);
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=client-stalled"));
  go_ = true;
}

class SlowLineTest : public BalanceTest, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Methods, SlowLineTest, testing::Values("GET", "POST"),
                         [](const auto& each) { return std::string(each.param); });

// Neither who has sent but the beginning of his upload, and goes on with that later.
TEST_P(SlowLineTest, AVisitorBehindItIsNotCutOff) {
  const std::string uploads =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n" + std::string(100'000, 'x');
  const std::string request = GetParam() == std::string_view("POST") ? uploads : std::string(kGet);
  text_.assign(10'000'000, 'x');
  backend("a", [&](BackendPeer& peer) {
    if (peer.some().find("bramble-check") != std::string::npos)
      return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.answer(text_);
    while (!peer.some().empty()) {
    }
  });
  using Clock = std::chrono::steady_clock;
  for (int tries = 1; tries <= 5; ++tries) {
    balance({"--stall-timeout", "1500"});
    RawClient visitor = client();
    visitor.small_receive_window(64 * 1024);  // not less: a lost window update is told late
    visitor.send(request);
    Clock::duration longest_pause{0};
    auto last = Clock::now();
    bool served = true;
    for (const auto end = last + std::chrono::seconds(5); served && last < end;) {
      served = visitor.bytes(2000).size() == 2000;
      longest_pause = std::max(longest_pause, Clock::now() - std::exchange(last, Clock::now()));
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const std::string log = balancer_->out();
    const bool stood_still = longest_pause >= std::chrono::seconds(1);  // himself, perhaps
    if ((!served || !log.empty()) && stood_still && tries < 5) continue;
    EXPECT_TRUE(served);
    EXPECT_EQ(log, "") << "it is still being served";
    return;
  }
}

TEST_F(BalanceTest, AVisitorThatReadsNothingIsReset) {
  backend("a", [](BackendPeer& peer) {
    while (peer.request()) peer.answer(std::string(30'000'000, 'x'));
  });
  balance({"--stall-timeout", "200"});
  RawClient visitor = client();
  visitor.small_receive_window();
  visitor.send(kGet);
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=client-stalled"));
}

// What the filter drops has not arrived: its host acknowledges no byte of the answer.
TEST_F(BalanceTest, AVisitorWhoseHostAcknowledgesNothingIsReset) {
  backend("a", [](BackendPeer& peer) {
    while (peer.request()) peer.answer(std::string(30'000'000, 'x'));
  });
  balance({"--stall-timeout", "200"});
  RawClient visitor = client();
  sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program = {.len = 1, .filter = &drop_all};
  ASSERT_EQ(::setsockopt(visitor.fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
  visitor.send(kGet);
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=client-stalled"));
}

// A backend that drains: every request is answered by the balancer itself, at once.
void drain(ScriptedBackend& backend) {
  const std::string says = R"({"status": "draining"})";
  backend.set_check_answer(
      fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                  "Content-Length: {}\r\n\r\n{}",
                  says.size(), says));
}

TEST_F(BalanceTest, AVisitorThatPipelinesAndReadsNothingIsNotReadFrom) {
  drain(backend("a"));
  balance({"--stall-timeout", "300"});
  ASSERT_TRUE(status_shows("\"state\": \"draining\""));
  RawClient visitor = client();
  visitor.small_receive_window();
  std::string many;
  while (many.size() < 1'000'000) many += kGet;
  int taken = 0;  // of these
  while (taken < 64 && ::send(visitor.fd(), many.data(), many.size(), MSG_NOSIGNAL) > 0) ++taken;
  EXPECT_LT(taken, 64) << "it is reset";
}

TEST_F(BalanceTest, AVisitorThatPipelinesAndReadsLateGetsAllItsAnswers) {
  drain(backend("a"));
  balance();
  ASSERT_TRUE(status_shows("\"state\": \"draining\""));
  RawClient visitor = client();
  visitor.small_receive_window(64 * 1024);
  constexpr int kMany = 20'000;
  std::thread sender([&] {
    std::string many;
    for (int i = 0; i < kMany; ++i) many += kGet;
    visitor.send(many);
  });
  int answered = 0;
  while (answered < kMany && visitor.answer().status() == 503) ++answered;
  sender.join();
  EXPECT_EQ(answered, kMany);
}

TEST_F(BalanceTest, AnEmptyLineBehindARequestBeginsNoOther) {
  backend("a");
  balance({"--head-timeout", "300"});
  RawClient visitor = client();
  for (int tries = 0; tries < 5 && visitor.ask(kGet).body != "a\n"; ++tries) visitor = client();
  visitor.send("\r\n");
  EXPECT_EQ(answer_to_beginning(port_, "G").status(), 408) << "whose head began later";
  EXPECT_EQ(visitor.ask(kGet).body, "a\n");
}

TEST_F(BalanceTest, AVisitorThatLeavesATunnelBehindItsEndFreesTheBackend) {
  backend("a", [this](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    while (!peer.some().empty()) {
    }
    peer.send("end");
    peer.wait_until(go_);
  });
  balance();
  RawClient visitor = client();
  visitor.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  EXPECT_EQ(visitor.answer().status(), 101);
  visitor.shut_writing();
  EXPECT_EQ(visitor.bytes(3), "end");
  visitor.reset();
  EXPECT_THAT(log_lines(1)[0], HasSubstr("end=client-aborted"));
}

}  // namespace
}  // namespace bramble::test
