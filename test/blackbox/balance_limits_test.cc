// SPDX-License-Identifier: Apache-2.0
// Too many connections, too few descriptors or ports: what there is is served, and it recovers.
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "balance_fixture.hh"
#include "temporary_folder.hh"

namespace bramble::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(BalanceTest, WithoutDescriptorsItServesThoseItHasAndRecovers) {
  backend("a");
  balance({"--check-interval", "20", "--fall", "1"});
  RawClient inside = client();
  EXPECT_EQ(inside.ask(kGet).body, "a\n");
  const rlimit few = {.rlim_cur = 60, .rlim_max = 60};
  ASSERT_EQ(::prlimit(balancer_->pid(), RLIMIT_NOFILE, &few, nullptr), 0);
  std::deque<RawClient> crowd;
  for (int i = 0; i < 60; ++i) crowd.emplace_back(port_);
  EXPECT_NE(balancer_->after("Too many open files"), "");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // for some checks: not its fault
  EXPECT_EQ(inside.ask(kGet).body, "a\n") << "on the connections that there are";
  RawClient waiting = client();
  waiting.send(kGet);
  crowd.clear();
  EXPECT_EQ(waiting.answer().body, "a\n");
  const std::string log = balancer_->err();
  EXPECT_EQ(log.find("Too many open files"), log.rfind("Too many open files")) << "said once";
}

// The limit is of a descriptor's number: below 3 none is free.
void limit_descriptors(pid_t of, rlim_t number) {
  const rlimit limit = {.rlim_cur = number, .rlim_max = 10'000};
  ASSERT_EQ(::prlimit(of, RLIMIT_NOFILE, &limit, nullptr), 0);
}

TEST_F(BalanceTest, WithoutDescriptorsALargeBodyIsCopied) {
  text_.assign(10'000'000, 'x');
  ScriptedBackend& a = backend("a", [this](BackendPeer& peer) {
    if (!peer.request()) return;
    peer.wait_until(go_);
    peer.answer(text_);
  });
  balance();
  RawClient visitor = client();
  visitor.send(kGet);
  a.wait_for_request();
  limit_descriptors(balancer_->pid(), 3);
  go_ = true;
  const RawAnswer answer = visitor.answer();
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body.size(), text_.size());
}

TEST_F(BalanceTest, WithoutDescriptorsForASecondBackendTheFirstOneAnswers) {
  for (const char* name : {"a", "b"})
    backend(name, [this](BackendPeer& peer) {
      if (!peer.request()) return;
      ++count_;
      peer.wait_until(go_);
      peer.answer("late");
    });
  balance({"--hedge-after", "5000", "--check-interval", "60000"});
  RawClient visitor = client();
  visitor.send(kGet);
  while (count_ == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  limit_descriptors(balancer_->pid(), 3);
  EXPECT_NE(balancer_->after("Too many open f"), "");
  go_ = true;
  EXPECT_EQ(visitor.answer().body, "late");
  EXPECT_THAT(log_lines(1)[0], HasSubstr(" tries=1 end=ok"));
  limit_descriptors(balancer_->pid(), 10'000);
  EXPECT_THAT(status(), HasSubstr("\"hedges\": 1"));
}

TEST_F(BalanceTest, WithoutDescriptorsAnOrderWaits) {
  const TemporaryFolder folder;
  const std::string control = folder.path() + "/control";
  backend("a");
  balance({"--control", control});
  limit_descriptors(balancer_->pid(), 3);
  ChildProcess order({BRAMBLE_PROGRAM, "balance", "--reload", "--control", control});
  EXPECT_FALSE(order.ends_within(std::chrono::milliseconds(300)));
  limit_descriptors(balancer_->pid(), 10'000);
  ASSERT_TRUE(order.ends_within(std::chrono::seconds(60)));
  EXPECT_EQ(order.wait(), 0);
}

// A network of this thread and of what it starts: its loopback has its own ports.
class OwnNetwork {
 public:
  OwnNetwork()
      : before_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)),
        made_(::unshare(CLONE_NEWNET) == 0) {
    const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq loopback = {.ifr_ifrn = {.ifrn_name = "lo"}, .ifr_ifru = {.ifru_flags = IFF_UP}};
    made_ = made_ && ::ioctl(any.get(), SIOCSIFFLAGS, &loopback) == 0;
  }
  ~OwnNetwork() { (void)::setns(before_.get(), CLONE_NEWNET); }
  explicit operator bool() const { return made_; }

  // From these a new connection gets its own.
  bool set_ports(std::string_view range) const {
    const UniqueFd file(::open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC));
    return ::write(file.get(), range.data(), range.size()) == static_cast<ssize_t>(range.size());
  }

 private:
  UniqueFd before_;
  bool made_ = false;
};

TEST_F(BalanceTest, WithoutAPortToABackendAnotherIsAsked) {
  const OwnNetwork network;
  if (!network) GTEST_SKIP() << "needs root";
  ScriptedBackend &a = backend("a"), &b = backend("b");
  balance({"--policy", "round-robin", "--check-interval", "60000"});
  while (a.checks() == 0 || b.checks() == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  RawClient visitor = client();
  ASSERT_TRUE(network.set_ports("20000 20001"));
  const RawClient first(a.port()), second(a.port());
  for (int i = 0; i < 12; ++i) ASSERT_EQ(visitor.ask(kGet).body, "b\n") << i;
  EXPECT_EQ(balancer_->after("Cannot assign requested "), "address");
  EXPECT_THAT(status(), AllOf(HasSubstr("\"failures\": 0"), Not(HasSubstr("\"failures\": 1"))));
  EXPECT_EQ(b.requests().size(), 12U);
}

TEST_F(BalanceTest, MoreThanTheMostConnectionsWaitAtTheDoor) {
  backend("a");
  balance({"--max-connections", "3", "--max-connections-per-source", "0"});
  std::deque<RawClient> inside;
  for (int i = 0; i < 3; ++i) {
    inside.emplace_back(port_);
    EXPECT_EQ(inside.back().ask(kGet).body, "a\n");
  }
  RawClient waiting = client();
  waiting.send(kGet);
  EXPECT_EQ(inside.front().ask(kGet).body, "a\n");
  EXPECT_TRUE(status_shows("\"open_connections\": 3"));
  inside.pop_front();
  EXPECT_EQ(waiting.answer().body, "a\n");
}

TEST_F(BalanceTest, ASourceWithTooManyConnectionsIsTurnedAway) {
  backend("a");
  balance({"--max-connections-per-source", "2"});
  RawClient first = client(), second = client();
  EXPECT_EQ(first.ask(kGet).body, "a\n");
  EXPECT_EQ(second.ask(kGet).body, "a\n");
  RawClient third = client();
  EXPECT_FALSE(third.ask(kGet).whole);
  EXPECT_NE(balancer_->after("127.0.0.1 has 2 connections: more are turned away"), "");
  EXPECT_TRUE(status_shows("\"turned_away\": 1"));
  second.close();
  ASSERT_TRUE(status_shows("\"open_connections\": 1"));
  EXPECT_EQ(client().ask(kGet).body, "a\n") << "a place is free again";
}

TEST_F(BalanceTest, ASourceTakesAQuarterOfAllAtMost) {
  backend("a");
  balance({"--max-connections", "8"});
  RawClient first = client(), second = client();
  EXPECT_EQ(first.ask(kGet).body, "a\n");
  EXPECT_EQ(second.ask(kGet).body, "a\n");
  EXPECT_FALSE(ask().whole);
}

TEST_F(BalanceTest, AHeadThatTricklesIsCutOffInTime) {
  backend("a");
  balance({"--head-timeout", "300"});
  RawAnswer answer;  // none: closed, before anything had come of us
  for (int tries = 0; tries < 5 && answer.status() == 0; ++tries) {
    RawClient visitor = client();
    visitor.send("GET / HTTP/1.1\r\n");
    std::atomic<bool> over{false};
    std::thread trickle([&] {
      for (int i = 0; i < 2000 && !over; ++i) {
        visitor.send("A: b\r\n");
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    answer = visitor.answer();
    over = true;
    trickle.join();
  }
  EXPECT_EQ(answer.status(), 408);
}

TEST_F(BalanceTest, IdleConnectionsDoNotHoldUpItsEnd) {
  backend("a");
  for (int tries = 1; tries <= 5; ++tries) {
    balance();
    RawClient idle = client();
    EXPECT_EQ(idle.ask(kGet).body, "a\n");
    PromptVisitor fresh(port_);
    EXPECT_TRUE(status_shows("\"open_connections\": 2"));
    balancer_->signal(SIGTERM);
    EXPECT_NE(balancer_->after("stopping"), "");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // until its thread hears of that
    const std::string answer = fresh.ask().body;
    EXPECT_EQ(balancer_->wait(), 0);
    EXPECT_EQ(idle.end(), End::kClosed);
    if (answer != "a\n" && !fresh.was_prompt() && tries < 5) continue;
    EXPECT_EQ(answer, "a\n") << "who has come may still ask";
    return;
  }
}

}  // namespace
}  // namespace bramble::test
