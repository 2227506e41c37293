// SPDX-License-Identifier: Apache-2.0
#include "net/loop.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <functional>
#include <thread>
#include <utility>

#include "net/signals.hh"
#include "net/threads.hh"

namespace bramble {
namespace {

using std::chrono::milliseconds;

struct Told final : Watcher {
  std::function<void(std::uint32_t)> told = [](std::uint32_t) {};
  void on_ready(std::uint32_t events) override { told(events); }
};

struct Later final : Deferred {
  std::function<void()> call = [] {};
  void on_turn_end() override { call(); }
};

struct Alarm final : Timer {
  std::function<void()> call = [] {};
  void on_timer() override { call(); }
};

struct SocketPair {
  UniqueFd near, far;
  SocketPair() {
    int fds[2] = {};
    BRAMBLE_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
  }
};

class LoopTest : public ::testing::Test {
 protected:
  std::unique_ptr<Loop> loop = Loop::create().value();
};

TEST_F(LoopTest, KnowsWhatThisTurnHasStillToTell) {
  SocketPair first, second;
  Told one, other;
  ASSERT_TRUE(loop->watch(first.near.get(), one).ok());
  ASSERT_TRUE(loop->watch(second.near.get(), other).ok());
  bool known = false, known_of_itself = true;
  one.told = [&](std::uint32_t events) {
    if ((events & EPOLLIN) == 0) return;
    known = loop->still_to_tell(other, EPOLLIN);
    known_of_itself = loop->still_to_tell(one, EPOLLIN);
    loop->stop();
  };
  loop->post([&] {  // behind the turn in which both become writable
    ASSERT_EQ(::write(first.far.get(), "x", 1), 1);
    ASSERT_EQ(::write(second.far.get(), "x", 1), 1);
  });
  loop->run();
  EXPECT_TRUE(known);
  EXPECT_FALSE(known_of_itself);
  EXPECT_FALSE(loop->still_to_tell(other, EPOLLIN)) << "a turn later it is told";
}

TEST_F(LoopTest, TellsThatBytesHaveCome) {
  SocketPair pair;
  Told watcher;
  char byte = 0;
  watcher.told = [&](std::uint32_t events) {
    if ((events & EPOLLIN) == 0) return;
    EXPECT_EQ(::read(pair.near.get(), &byte, 1), 1);
    loop->stop();
  };
  ASSERT_TRUE(loop->watch(pair.near.get(), watcher).ok());
  ASSERT_EQ(::write(pair.far.get(), "x", 1), 1);
  loop->run();
  EXPECT_EQ(byte, 'x');
  loop->forget(pair.near.get(), watcher);
}

TEST_F(LoopTest, AWatcherForgottenInATurnGetsNoEventOfThatTurn) {
  SocketPair one, two;
  int told = 0;
  auto first = std::make_unique<Told>(), second = std::make_unique<Told>();
  const auto forget_both = [&](std::uint32_t) {
    ++told;
    loop->forget(one.near.get(), *first);
    loop->forget(two.near.get(), *second);
    loop->post([&] {  // destroyed within the turn, as connections are
      first.reset();
      second.reset();
      loop->stop();
    });
  };
  first->told = second->told = forget_both;
  ASSERT_TRUE(loop->watch(one.near.get(), *first).ok());
  ASSERT_TRUE(loop->watch(two.near.get(), *second).ok());
  loop->run();
  EXPECT_EQ(told, 1);
}

TEST_F(LoopTest, CallsPostedFromOtherThreadsRunOnTheLoopInOrder) {
  std::vector<int> order;
  const std::thread::id here = std::this_thread::get_id();
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i)
      loop->post([&order, i, here] {
        EXPECT_EQ(std::this_thread::get_id(), here);
        order.push_back(i);
      });
    loop->stop();
  });
  loop->run();
  other.join();
  ASSERT_EQ(order.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(LoopTest, TimersFireInTheOrderOfTheirDeadlines) {
  Alarm early, late;
  std::string order;
  early.call = [&] { order += "early "; };
  late.call = [&] {
    order += "late";
    loop->stop();
  };
  loop->arm(late, milliseconds(50));
  loop->arm(early, milliseconds(15));
  loop->run();
  EXPECT_EQ(order, "early late");
}

TEST_F(LoopTest, TimeStandsStillWithinATurn) {
  loop->post([&] {
    const Monotonic before = loop->now();
    while (std::chrono::steady_clock::now() - before < milliseconds(2)) std::this_thread::yield();
    EXPECT_EQ(loop->now(), before);
    loop->stop();
  });
  loop->run();
}

TEST_F(LoopTest, WhatIsDeferredRunsOnceATurnAndOneItDefersRunsInTheNext) {
  Later task;
  int runs = 0;
  task.call = [&] {
    if (++runs < 3)
      loop->defer(task);
    else
      loop->stop();
  };
  loop->defer(task);
  loop->defer(task);
  loop->run();
  EXPECT_EQ(runs, 3);
}

TEST_F(LoopTest, ADeferredThatIsDestroyedLeavesTheQueue) {
  auto gone = std::make_unique<Later>();
  Later stays;
  gone->call = [] { FAIL(); };
  loop->defer(*gone);
  loop->defer(stays);
  gone.reset();
  stays.call = [&] { loop->stop(); };
  loop->run();
}

TEST_F(LoopTest, ASignalIsToldToTheLoop) {
  int got = 0;
  auto signals = Signals::watch(*loop, {SIGUSR1}, [&](int signal) {
                   got = signal;
                   loop->stop();
                 }).value();
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  loop->run();
  EXPECT_EQ(got, SIGUSR1);
}

TEST(Threads, EachLoopRunsOnAThreadOfItsOwnUntilStopped) {
  auto loops = make_loops(3).value();
  std::vector<std::thread::id> ids(3);
  for (std::size_t i = 0; i < loops.size(); ++i)
    loops[i]->post([&, i] {
      ids[i] = std::this_thread::get_id();
      loops[i]->stop();
    });
  run_loops(loops);
  EXPECT_EQ(ids[0], std::this_thread::get_id());
  EXPECT_NE(ids[1], ids[0]);
  EXPECT_NE(ids[2], ids[0]);
  EXPECT_NE(ids[1], ids[2]);
}

TEST_F(LoopTest, TellsHowLongItWorked) {
  loop->post([&] {
    std::this_thread::sleep_for(milliseconds(30));  // so long have others to wait
    loop->post([&] { loop->stop(); });
  });
  loop->run();
  const Loop::Work work = loop->take_work();
  EXPECT_GE(work.longest_turn, milliseconds(30));
  EXPECT_GE(work.busy, work.longest_turn);
  EXPECT_EQ(loop->take_work().busy.count(), 0) << "told once";
}

}  // namespace
}  // namespace bramble
