// SPDX-License-Identifier: Apache-2.0
#include "net/listener.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <functional>
#include <string>
#include <vector>

#include "net/socket.hh"

namespace bramble {
namespace {

class ListenerTest : public ::testing::Test, protected Acceptor {
 protected:
  ListenerTest() {
    UniqueFd fd = listen_on(parse_address("127.0.0.1:0").value(), {}).value();
    here = local_address(fd.get()).value();
    listening = std::move(fd);
  }

  void open(std::size_t connections_max) {
    listener.emplace(*loop, std::move(listening), static_cast<Acceptor&>(*this), connections_max);
    ASSERT_TRUE(listener->open().ok());
  }

  void on_connection(UniqueFd fd, const Address& peer) override {
    peers.push_back(peer.text());
    accepted.push_back(std::move(fd));
    if (accepted.size() == wanted) loop->stop();
  }

  void run_until(std::size_t count) {
    wanted = count;
    if (accepted.size() < wanted) loop->run();
  }

  std::unique_ptr<Loop> loop = Loop::create().value();
  Address here;
  UniqueFd listening;
  std::vector<UniqueFd> accepted;
  std::vector<std::string> peers;
  std::size_t wanted = 0;
  std::optional<Listener> listener;
};

TEST_F(ListenerTest, TakesConnectionsWithTheirPeer) {
  open(10);
  const UniqueFd visitor = connect_to(here).value();
  run_until(1);
  EXPECT_EQ(peers[0], local_address(visitor.get()).value().text());
}

TEST_F(ListenerTest, HoldsNoMoreThanItsLimitAndGoesOnWhenOneCloses) {
  open(2);
  std::vector<UniqueFd> visitors;
  for (int i = 0; i < 3; ++i) visitors.push_back(connect_to(here).value());
  run_until(2);
  EXPECT_EQ(listener->connections(), 2U);
  accepted[0].reset();
  listener->connection_closed();
  run_until(3);
  EXPECT_EQ(listener->connections(), 2U);
}

TEST_F(ListenerTest, WithoutDescriptorsItWaitsAndGoesOnWhenThereAreSome) {
  open(10);
  const UniqueFd visitor = connect_to(here).value();
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const UniqueFd next(::dup(visitor.get()));  // the lowest descriptor that is free
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next.get() + 1);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  struct Again final : Deferred {
    std::function<void()> call;
    void on_turn_end() override { call(); }
  } again;
  again.call = [&] {
    if (!listener->starved()) return loop->defer(again);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  };
  loop->defer(again);
  run_until(1);
  EXPECT_EQ(listener->connections(), 1U);
}

TEST_F(ListenerTest, ClosingFirstTakesThoseWhoWait) {
  open(10);
  const UniqueFd visitor = connect_to(here).value();
  listener->close();
  EXPECT_EQ(accepted.size(), 1U);
  const UniqueFd late = connect_to(here).value();
  pollfd waiting = {.fd = late.get(), .events = POLLOUT, .revents = 0};
  ASSERT_EQ(::poll(&waiting, 1, -1), 1);
  EXPECT_EQ(take_socket_error(late.get()), ECONNREFUSED);
}

TEST(Socket, AnAddressInUseIsToldWithTheCall) {
  const UniqueFd first =
      listen_on(parse_address("127.0.0.1:0").value(), {.share_port = false}).value();
  const Address taken = local_address(first.get()).value();
  EXPECT_EQ(listen_on(taken, {.share_port = false}).error().what,
            "bind " + taken.text() + ": Address already in use: another program listens there");
}

TEST(Socket, AnAddressThatOthersShareIsNotFree) {
  const UniqueFd shared = listen_on(parse_address("127.0.0.1:0").value(), {}).value();
  const Address taken = local_address(shared.get()).value();
  EXPECT_FALSE(check_free({taken}).ok());
  EXPECT_TRUE(check_free({taken}, {taken}).ok()) << "it is we who listen";
  EXPECT_TRUE(check_free({parse_address("127.0.0.1:0").value()}).ok());
}

}  // namespace
}  // namespace bramble
