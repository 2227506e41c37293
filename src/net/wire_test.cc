// SPDX-License-Identifier: Apache-2.0
#include "net/wire.hh"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "net/splice.hh"

namespace bramble {
namespace {

struct WirePair {
  Wire ours;
  UniqueFd theirs;
};

WirePair connected() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  return {Wire(UniqueFd(ends[0])), UniqueFd(ends[1])};
}

WirePair connected_by_tcp() {
  const UniqueFd door(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(door.get(), generic, size), 0);
  EXPECT_EQ(::listen(door.get(), 1), 0);
  EXPECT_EQ(::getsockname(door.get(), generic, &size), 0);
  UniqueFd ours(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(ours.get(), generic, size), 0);
  UniqueFd theirs(::accept4(door.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  return {Wire(std::move(ours)), std::move(theirs)};
}

void give(const WirePair& pair, std::string_view bytes) {
  ASSERT_EQ(::send(pair.theirs.get(), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
}

std::string take(const WirePair& pair) {
  std::string all(1 << 20, '\0');
  const ssize_t got = ::recv(pair.theirs.get(), all.data(), all.size(), 0);
  all.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return all;
}

TEST(Wire, ReadsOnlyAfterItWasTold) {
  WirePair pair = connected();
  give(pair, "hello");
  std::array<char, 100> buffer{};
  std::size_t bytes = 0;
  EXPECT_EQ(pair.ours.receive(buffer, bytes), Wire::Received::kNothing);
  pair.ours.note(EPOLLIN);
  EXPECT_EQ(pair.ours.receive(buffer, bytes), Wire::Received::kBytes);
  EXPECT_EQ(bytes, 5U);
  EXPECT_FALSE(pair.ours.readable()) << "a short read means drained";
}

TEST(Wire, StaysReadableAfterAFullBuffer) {
  WirePair pair = connected();
  give(pair, "hello");
  pair.ours.note(EPOLLIN);
  std::array<char, 5> buffer{};
  std::size_t bytes = 0;
  EXPECT_EQ(pair.ours.receive(buffer, bytes), Wire::Received::kBytes);
  EXPECT_TRUE(pair.ours.readable());
  EXPECT_EQ(pair.ours.receive(buffer, bytes), Wire::Received::kNothing);
  EXPECT_FALSE(pair.ours.readable());
}

TEST(Wire, FindsTheEndBehindAShortRead) {
  WirePair pair = connected();
  give(pair, "bye");
  pair.theirs.reset();
  pair.ours.note(EPOLLIN | EPOLLRDHUP);
  std::array<char, 100> buffer{};
  std::size_t bytes = 0;
  EXPECT_EQ(pair.ours.receive(buffer, bytes), Wire::Received::kBytes);
  EXPECT_EQ(pair.ours.receive(buffer, bytes), Wire::Received::kEnd);
}

// Over TCP: what has room, and when epoll tells of it, is its own.
TEST(Wire, IsToldOfRoomAfterThereWasNone) {
  WirePair pair = connected_by_tcp();
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event = {.events = EPOLLOUT | EPOLLET, .data = {}};
  ASSERT_EQ(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, pair.ours.fd(), &event), 0);
  ASSERT_EQ(::epoll_wait(epoll.get(), &event, 1, 0), 1);
  EXPECT_TRUE(pair.ours.has_room());
  const std::string much(64 * 1024, 'x');
  const auto fill = [&] {
    do {
      while (::send(pair.ours.fd(), much.data(), much.size(), MSG_DONTWAIT) > 0) {
      }
    } while (pair.ours.has_room());
  };
  fill();
  EXPECT_FALSE(pair.ours.writable());
  while (::epoll_wait(epoll.get(), &event, 1, 0) > 0) fill();
  while (!take(pair).empty()) {
  }
  constexpr int kMilliseconds = 10'000;
  EXPECT_EQ(::epoll_wait(epoll.get(), &event, 1, kMilliseconds), 1);
  EXPECT_TRUE(pair.ours.has_room());

  fill();
  pair.theirs.reset();
  EXPECT_EQ(::epoll_wait(epoll.get(), &event, 1, kMilliseconds), 1);
  EXPECT_TRUE(pair.ours.has_room()) << "the next send is to find that nobody takes it";
}

class SplicePipeTest : public testing::Test {
 protected:
  SplicePipe::Moved move() { return pipe_.move(from_.ours, to_.ours, left_); }

  WirePair from_ = connected();
  WirePair to_ = connected();
  SplicePipe pipe_ = SplicePipe::create().value();
  std::uint64_t left_ = 1000;
};

TEST_F(SplicePipeTest, MovesBytesUpToTheGivenCount) {
  left_ = 3;
  give(from_, "hello");
  from_.ours.note(EPOLLIN);
  to_.ours.note(EPOLLOUT);
  EXPECT_EQ(move(), SplicePipe::Moved::kSome);
  EXPECT_EQ(left_, 0U);
  EXPECT_EQ(take(to_), "hel");
}

TEST_F(SplicePipeTest, KeepsWhatTheSinkDoesNotTakeNow) {
  give(from_, "hello");
  from_.ours.note(EPOLLIN);
  EXPECT_EQ(move(), SplicePipe::Moved::kSinkFull);
  EXPECT_EQ(pipe_.held(), 5U);
  EXPECT_EQ(left_, 1000U);
  to_.ours.note(EPOLLOUT);
  EXPECT_EQ(move(), SplicePipe::Moved::kSome);
  EXPECT_EQ(left_, 995U);
  EXPECT_EQ(take(to_), "hello");
  EXPECT_EQ(move(), SplicePipe::Moved::kSourceEmpty);
}

TEST_F(SplicePipeTest, TellsTheEndOfTheSource) {
  from_.theirs.reset();
  from_.ours.note(EPOLLIN | EPOLLRDHUP);
  EXPECT_EQ(move(), SplicePipe::Moved::kSourceEnded);
}

TEST(SplicePipes, AreNoMoreThanTheyMayBe) {
  SplicePipes pipes;
  pipes.set_most(1);
  std::optional<SplicePipe> one = pipes.take();
  ASSERT_TRUE(one);
  EXPECT_FALSE(pipes.take());
  pipes.give_back(*std::move(one));
  EXPECT_TRUE(pipes.take()) << "the same again";
}

}  // namespace
}  // namespace bramble
